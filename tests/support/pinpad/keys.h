/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of the pad. A test presses them from the control thread; pcscd's
 * thread takes them when the pad asks for a PIN. What is pressed earlier waits
 * for the next entry, what is left when a job ends is forgotten.
 */
#ifndef PP_KEYS_H
#define PP_KEYS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "job.h"

#define PP_QUEUE_MAX 128
#define PP_SECOND_MS 1000

enum pp_prompt {
	PP_PROMPT_NONE,
	PP_PROMPT_PIN,
	PP_PROMPT_OLD,
	PP_PROMPT_NEW,
	PP_PROMPT_CONFIRM,
};

enum JK_NODISCARD pp_end {
	PP_ENTERED,
	PP_TIMED_OUT,
	PP_CANCELLED,
	PP_BAD_LENGTH,
	PP_CARD_GONE,
};

struct pp_keys {
	pthread_mutex_t mutex;
	pthread_cond_t pressed;
	enum pp_prompt asking;
	size_t digits; /* in the entry under way */
	unsigned second_ms;
	size_t queued;
	char queue[PP_QUEUE_MAX];
	size_t always_len; /* pressed at every prompt; 0 for none */
	char always[PP_QUEUE_MAX];
};

void pp_keys_init(struct pp_keys *k);
void pp_keys_destroy(struct pp_keys *k);

/* Keys are '0' to '9' and these. */
#define PP_KEY_OK         'O'
#define PP_KEY_CORRECTION 'D'
#define PP_KEY_CANCEL     'X'

/* false: there are more than the queue holds, and none was pressed. */
bool pp_keys_press(struct pp_keys *k, const char *keys, size_t len);
bool pp_keys_always(struct pp_keys *k, const char *keys, size_t len);
void pp_keys_forget(struct pp_keys *k);
void pp_keys_reset(struct pp_keys *k);
void pp_keys_set_second(struct pp_keys *k, unsigned ms);

/*
 * One PIN, by the rules of the job. `present` is asked again and again whether
 * the card is still there. The caller erases *ret.
 */
enum pp_end pp_keys_read(struct pp_keys *k, enum pp_prompt prompt,
    const struct pp_job *job, bool (*present)(void *), void *card,
    struct pp_pin *ret);

const char *pp_prompt_name(enum pp_prompt prompt);
const char *pp_end_name(enum pp_end end);

#endif
