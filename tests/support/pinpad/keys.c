/* SPDX-License-Identifier: BSD-2-Clause */
#include "keys.h"

#include <string.h>
#include <time.h>

#define DEFAULT_TIMEOUT_S 15  /* where the host leaves it to the pad */
#define LOOK_MS           100 /* for the card */
#define MS_NS             1000000

void
pp_keys_init(struct pp_keys *k)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&k->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&k->pressed, &attr);
	(void)pthread_condattr_destroy(&attr);
	k->second_ms = PP_SECOND_MS;
}

static void
forget(struct pp_keys *k)
{
	explicit_bzero(k->queue, sizeof(k->queue));
	k->queued = 0;
}

static void
forget_always(struct pp_keys *k)
{
	explicit_bzero(k->always, sizeof(k->always));
	k->always_len = 0;
}

void
pp_keys_destroy(struct pp_keys *k)
{
	forget(k);
	forget_always(k);
	(void)pthread_cond_destroy(&k->pressed);
	(void)pthread_mutex_destroy(&k->mutex);
}

static bool
press(struct pp_keys *k, const char *keys, size_t len)
{
	if (len > sizeof(k->queue) - k->queued)
		return false;
	memcpy(k->queue + k->queued, keys, len);
	k->queued += len;
	(void)pthread_cond_signal(&k->pressed);
	return true;
}

bool
pp_keys_press(struct pp_keys *k, const char *keys, size_t len)
{
	bool fits;

	(void)pthread_mutex_lock(&k->mutex);
	fits = press(k, keys, len);
	(void)pthread_mutex_unlock(&k->mutex);
	return fits;
}

bool
pp_keys_always(struct pp_keys *k, const char *keys, size_t len)
{
	if (len > sizeof(k->always))
		return false;
	(void)pthread_mutex_lock(&k->mutex);
	forget_always(k);
	memcpy(k->always, keys, len);
	k->always_len = len;
	(void)pthread_mutex_unlock(&k->mutex);
	return true;
}

void
pp_keys_forget(struct pp_keys *k)
{
	(void)pthread_mutex_lock(&k->mutex);
	forget(k);
	(void)pthread_mutex_unlock(&k->mutex);
}

void
pp_keys_reset(struct pp_keys *k)
{
	(void)pthread_mutex_lock(&k->mutex);
	forget(k);
	forget_always(k);
	k->second_ms = PP_SECOND_MS;
	(void)pthread_mutex_unlock(&k->mutex);
}

void
pp_keys_set_second(struct pp_keys *k, unsigned ms)
{
	(void)pthread_mutex_lock(&k->mutex);
	k->second_ms = ms;
	(void)pthread_mutex_unlock(&k->mutex);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / MS_NS;
}

static int64_t
deadline_in(const struct pp_keys *k, unsigned seconds)
{
	return now_ms() + (int64_t)seconds * k->second_ms;
}

static char
take_key(struct pp_keys *k)
{
	char key = k->queue[0];

	k->queued--;
	memmove(k->queue, k->queue + 1, k->queued);
	k->queue[k->queued] = 0;
	return key;
}

/* true: the entry has ended. */
static bool
handle_key(struct pp_keys *k, const struct pp_job *job, char key,
    struct pp_pin *pin, enum pp_end *end)
{
	*end = PP_ENTERED;
	switch (key) {
	case PP_KEY_OK:
		return (job->end & PP_END_KEY) != 0;
	case PP_KEY_CORRECTION:
		explicit_bzero(pin, sizeof(*pin));
		k->digits = 0;
		return false;
	case PP_KEY_CANCEL:
		*end = PP_CANCELLED;
		return true;
	default:
		break;
	}
	if (pin->len < sizeof(pin->digits))
		pin->digits[pin->len++] = (uint8_t)key;
	k->digits = pin->len;
	return (job->end & PP_END_MAX_DIGITS) != 0 && pin->len == job->max;
}

static enum pp_end
at_timeout(const struct pp_job *job, const struct pp_pin *pin)
{
	if ((job->end & PP_END_TIMEOUT) != 0 && pin->len >= job->min)
		return PP_ENTERED;
	return PP_TIMED_OUT;
}

/* Until a key is pressed, the deadline, or the time to look for the card. */
static void
wait_a_while(struct pp_keys *k, int64_t deadline)
{
	int64_t until = now_ms() + LOOK_MS;
	struct timespec t;

	if (until > deadline)
		until = deadline;
	t = (struct timespec){
		.tv_sec = until / 1000,
		.tv_nsec = until % 1000 * MS_NS,
	};
	(void)pthread_cond_timedwait(&k->pressed, &k->mutex, &t);
}

static enum pp_end
read_keys(struct pp_keys *k, const struct pp_job *job, bool (*present)(void *),
    void *card, struct pp_pin *pin)
{
	unsigned timeout = job->timeout_s;
	int64_t deadline;
	bool touched = false, there;
	enum pp_end end;

	if (timeout == 0)
		timeout = DEFAULT_TIMEOUT_S;
	deadline = deadline_in(k, timeout);
	for (;;) {
		while (k->queued > 0) {
			/* From the first key on it is the other one. */
			if (!touched && job->timeout2_s != 0)
				deadline = deadline_in(k, job->timeout2_s);
			touched = true;
			if (handle_key(k, job, take_key(k), pin, &end))
				return end;
		}
		if (now_ms() >= deadline)
			return at_timeout(job, pin);
		wait_a_while(k, deadline);
		if (k->queued > 0)
			continue;
		(void)pthread_mutex_unlock(&k->mutex);
		there = present(card);
		(void)pthread_mutex_lock(&k->mutex);
		if (!there)
			return PP_CARD_GONE;
	}
}

enum pp_end
pp_keys_read(struct pp_keys *k, enum pp_prompt prompt, const struct pp_job *job,
    bool (*present)(void *), void *card, struct pp_pin *ret)
{
	enum pp_end end;

	ret->len = 0;
	(void)pthread_mutex_lock(&k->mutex);
	k->asking = prompt;
	k->digits = 0;
	if (k->queued == 0)
		(void)press(k, k->always, k->always_len);
	end = read_keys(k, job, present, card, ret);
	k->asking = PP_PROMPT_NONE;
	(void)pthread_mutex_unlock(&k->mutex);
	if (end == PP_ENTERED && (ret->len < job->min || ret->len > job->max))
		return PP_BAD_LENGTH;
	return end;
}

const char *
pp_prompt_name(enum pp_prompt prompt)
{
	static const char *const names[] = {
		[PP_PROMPT_NONE] = "none",
		[PP_PROMPT_PIN] = "pin",
		[PP_PROMPT_OLD] = "old",
		[PP_PROMPT_NEW] = "new",
		[PP_PROMPT_CONFIRM] = "confirm",
	};

	return names[prompt];
}

const char *
pp_end_name(enum pp_end end)
{
	static const char *const names[] = {
		[PP_ENTERED] = "entered",
		[PP_TIMED_OUT] = "timeout",
		[PP_CANCELLED] = "cancelled",
		[PP_BAD_LENGTH] = "length",
		[PP_CARD_GONE] = "no-card",
	};

	return names[end];
}
