/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vpcd driver below the pad. vpcd has one table of slots for all readers
 * of a process, so each pad loads a copy of its own.
 */
#ifndef PP_DRIVER_H
#define PP_DRIVER_H

#include <stdbool.h>

#include <pcsclite.h>

#include <ifdhandler.h>

#include "defs.h"

#define PP_DRIVER_TABLE(X)           \
	X(IFDHCreateChannelByName)   \
	X(IFDHCloseChannel)          \
	X(IFDHGetCapabilities)       \
	X(IFDHSetCapabilities)       \
	X(IFDHSetProtocolParameters) \
	X(IFDHPowerICC)              \
	X(IFDHTransmitToICC)         \
	X(IFDHICCPresence)

struct pp_driver {
	int fd; /* of the copy: its name must not be used again meanwhile */
	void *handle;
#define X(name) __typeof__(name) *name;
	PP_DRIVER_TABLE(X)
#undef X
};

/* false: what is missing went to stderr, as pcscd's own messages do. */
bool pp_driver_open(struct pp_driver *d, const char *path);
void pp_driver_close(struct pp_driver *d);

#endif
