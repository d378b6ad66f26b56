/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal that this process has, where PAM_TTY names that one. */
#ifndef JK_TERMINAL_H
#define JK_TERMINAL_H

#include <stdbool.h>

/*
 * Its standard input or its controlling terminal, as a descriptor of the
 * caller's; -1: `tty` ("pts/3", "/dev/tty1", ":0", NULL) is neither.
 */
int jk_terminal_open(const char *tty);
/*
 * Throws away what was typed on it and not read yet. Nothing is done where it
 * is none of ours, or where others have it in the foreground.
 */
void jk_terminal_discard(const char *tty);
/*
 * Whether `tty` is a console that the kernel draws itself: "tty1" to "tty63",
 * and it is ours or the environment says that people sit at such a one.
 */
bool jk_terminal_is_console(const char *tty);
/*
 * Whether what the program shows is read on a graphical screen: `tty` is an X
 * display, or a virtual terminal in graphics mode, or nothing, and the program
 * has no terminal and no virtual one in text mode is in front.
 */
bool jk_terminal_is_screen(const char *tty);

#endif
