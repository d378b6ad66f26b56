/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <stdio.h>
#include <string.h>

#include "era.h"
#include "frame.h"
#include "look.h"
#include "paper.h"
#include "protocol.h"

/* Marks a string for xgettext; it is looked up where it is used. */
#define N_(text) text

static const struct {
	const char *code;
	const char *english;
} table[] = {
	/* while it goes on */
	{ "card.insert",
	    N_("Insert your operator IC card into the card reader.") },
	{ "card.reading", N_("Reading the card. Do not remove it.") },
	{ "pin.prompt", N_("{Pin}: ") },
	{ "pin.prompt.last",
	    N_("One try is left: a wrong {pin} now locks the card. If you are "
	       "not sure, press Enter and ask the security manager. {Pin}: ") },
	{ "pin.old", N_("Present {pin}: ") },
	{ "pin.new", N_("New {pin}: ") },
	{ "pin.again", N_("The same once more: ") },
	{ "puk.prompt", N_("The card is locked. PUK of the card: ") },
	{ "puk.prompt.last",
	    N_("One try is left: a wrong PUK now makes the card useless. "
	       "If you are not sure, press Enter and ask the security "
	       "manager. PUK of the card: ") },
	{ "pin.due",
	    N_("Your {pin} must be changed by {date} (days left: {n}). Change "
	       "it soon.") },
	{ "pin.unknown.warn",
	    N_("It is not known when your {pin} was changed last. Change it "
	       "soon.") },
	{ "pin.changed",
	    N_("The {pin} was changed. The next change is due by {date}. Do "
	       "not write the {pin} down, and do not keep it with the card.") },
	{ "pin.changed.plain",
	    N_("The {pin} was changed. Do not write it down, and do not keep "
	       "it with the card.") },
	{ "pin.kept",
	    N_("The {pin} was not changed. Go on using the old one.") },
	{ "pin.taken", N_("The card has the new {pin}. Use it from now on.") },
	{ "pin.unsure",
	    N_("The card may have the old or the new {pin}. Try the new one "
	       "first.") },
	{ "pin.pad", N_("Type your {pin} on the card reader's keys.") },
	{ "pin.pad.last",
	    N_("One try is left: a wrong {pin} now locks the card. Type your "
	       "{pin} on the card reader's keys. If you are not sure, press "
	       "the cancel key there and ask the security manager.") },

	{ "opid.select", N_("Choose the operator ID for your work:") },
	{ "opid.number", N_("Number or operator ID: ") },
	{ "opid.again",
	    N_("That is none of them. Type the number in front of one.") },
	{ "opid.taken",
	    N_("This program cannot ask which operator ID to use: you work "
	       "under {opid} ({type}).") },
	{ "account.select",
	    N_("Choose the account and operator ID for your work:") },
	{ "account.number", N_("Number or account: ") },
	{ "account.again",
	    N_("That is none of them, or more than one. Type the number in "
	       "front of one.") },
	{ "account.taken",
	    N_("This program cannot ask which account to use: you work in "
	       "{account} under {opid} ({type}).") },

	/* in a session, and at its end */
	{ "notice",
	    N_("Searching, showing or printing what your work does not need is "
	       "forbidden. All you do is recorded, analysed and audited. Last "
	       "use: {date} {time} {terminal}. If that was not you, tell the security "
	       "manager.") },
	{ "notice.first",
	    N_("Searching, showing or printing what your work does not need is "
	       "forbidden. All you do is recorded, analysed and audited. No "
	       "earlier use of yours is on record; if there was one, tell the "
	       "security manager.") },
	{ "lock.now",
	    N_("The screen is locked. To unlock it, use your operator IC card "
	       "and {pin}.") },
	{ "card.left", N_("The card is still in the reader. Take it out.") },
	{ "lock.other.noname",
	    N_("Somebody else is using this terminal. Only the same person can "
	       "unlock it. Use another terminal.") },
	{ "sess.elsewhere",
	    N_("You are using another terminal ({terminal}). End your work "
	       "there first.") },
	{ "session.ended",
	    N_("This session was ended by a supervisor. Log in again to go on; "
	       "if you do not know why it was ended, ask the security manager. "
	       "{contact}") },
	{ "end.card",
	    N_("Take the card out and put it back into the locked cabinet, or "
	       "give it back to the security manager.") },
	{ "lost.help",
	    N_("If your card is lost, tell the security manager at once. No "
	       "terminal takes it from then on. {contact}") },
	{ "hardcopy.denied",
	    N_("Pictures of this screen must not be taken or stored. If your "
	       "work needs one, ask the identity information officer. "
	       "{contact}") },
	{ "media.denied",
	    N_("Saving to a medium needs the permission of the identity "
	       "information officer. Ask for it first. {contact}") },

	/* the service itself */
	{ "internal",
	    N_("The login service met an error and refused. Call the system "
	       "manager. {contact}") },
	{ "service.down",
	    N_("The login service (jukinetd) does not answer. Call the system "
	       "manager. {contact}") },
	{ "service.busy",
	    N_("The login service is busy. Wait a moment and try again.") },
	{ "attempt.timeout",
	    N_("This took too long and was ended. Try again.") },
	{ "attempt.cancelled", N_("Cancelled. Try again when you are ready.") },
	{ "audit.down",
	    N_("The operation history cannot be recorded, so this terminal "
	       "cannot be used. Call the system manager. {contact}") },
	{ "clock.bad",
	    N_("The clock of this terminal is wrong, so it cannot be used. "
	       "Call the system manager. {contact}") },
	{ "policy.bad",
	    N_("The registry of operators cannot be read, so this terminal "
	       "cannot be used. Call the system manager. {contact}") },
	{ "policy.stale",
	    N_("The registry of operators on this terminal is out of date. "
	       "Call the system manager. {contact}") },

	/* who asks, and for which account */
	{ "caller.foreign",
	    N_("Only your own account can be unlocked here. Try again with "
	       "yours.") },
	{ "account.unknown",
	    N_("This account is not registered for operators. Ask the access "
	       "manager. {contact}") },
	{ "account.needed",
	    N_("A user name is needed here. Try again and type yours.") },
	{ "account.none",
	    N_("There is no account for you on this terminal. Ask the access "
	       "manager. {contact}") },
	{ "account.choice",
	    N_("That was not one of the accounts to choose from. Log in again "
	       "and type the number in front of one.") },
	{ "sess.none",
	    N_("There is no operator session to unlock. Log in first.") },
	{ "lock.other",
	    N_("{name} is using this terminal. Only the same person can unlock "
	       "it. Use another terminal.") },
	{ "sess.busy",
	    N_("Programs of the last session are still running. Wait a moment "
	       "and try again; if that does not help, call the system manager. "
	       "{contact}") },
	{ "sess.failed", N_("The session could not be opened. Log in again.") },
	{ "sess.unproven",
	    N_("This service needs a login with the operator IC card. Log in "
	       "again with it.") },
	{ "sess.locked",
	    N_("Your session is locked. Unlock the screen with your operator "
	       "IC card first.") },

	/* reader and card */
	{ "reader.none",
	    N_("No card reader is connected. Check the cable; if that does not "
	       "help, call the system manager. {contact}") },
	{ "reader.down",
	    N_("The card reader service (pcscd) does not answer. Call the "
	       "system manager. {contact}") },
	{ "reader.pinpad",
	    N_("The keys of this card reader cannot be used. Call the system "
	       "manager. {contact}") },
	{ "card.none",
	    N_("No card was inserted in time. Insert your operator IC card "
	       "and try again.") },
	{ "card.unreadable",
	    N_("The card cannot be read. Take it out, check which way it "
	       "faces, and insert it again.") },
	{ "card.notoperator",
	    N_("This is not an operator IC card. Take it out and insert "
	       "yours.") },
	{ "card.unknown",
	    N_("This card is not registered. Ask the security manager. "
	       "{contact}") },
	{ "card.mismatch",
	    N_("This card does not belong to an operator of this account. "
	       "Insert your own card; cards cannot be lent.") },
	{ "card.revoked",
	    N_("This card is revoked and cannot be used. Hand it to the "
	       "security manager; at once, if you have found it. {contact}") },
	{ "card.expired",
	    N_("The certificate of this card expired ({date}). Ask the "
	       "security manager for a new card. {contact}") },
	{ "card.notyet",
	    N_("The certificate of this card is valid only from {date}. Ask "
	       "the security manager. {contact}") },
	{ "card.removed",
	    N_("The card was taken out too early. Insert it and try "
	       "again.") },
	{ "card.forged",
	    N_("The card could not prove that it is genuine. Hand it to the "
	       "security manager. {contact}") },
	{ "card.busy", N_("Another program is using the card. Close it and try "
	                  "again.") },
	{ "card.silent",
	    N_("The card does not answer. Take it out, insert it again, and "
	       "try again.") },
	{ "card.nocheckout",
	    N_("The hand-over of this card is not recorded. Have the security "
	       "manager hand it over to you. {contact}") },
	{ "card.inactive",
	    N_("This card is not in use yet: its receipt is missing. Ask the "
	       "security manager. {contact}") },
	{ "card.returned",
	    N_("This card was given back, or is on its way, and cannot be "
	       "used. Hand it to the security manager. {contact}") },
	{ "card.untrusted",
	    N_("This terminal does not trust the authority that issued this "
	       "card. Ask the security manager. {contact}") },
	{ "card.usage",
	    N_("The certificate of this card is not meant for logging in. Ask "
	       "the security manager for another card. {contact}") },
	{ "card.ca-revoked",
	    N_("The authority that issued this card has revoked it. Hand it to "
	       "the security manager. {contact}") },
	{ "crl.missing",
	    N_("The list of revoked certificates is missing on this terminal, "
	       "so no card can be checked. Call the system manager. "
	       "{contact}") },
	{ "crl.stale",
	    N_("The list of revoked certificates on this terminal is out of "
	       "date ({date}). Call the system manager. {contact}") },

	/* PIN */
	{ "pin.malformed",
	    N_("A {pin} has {min} to {max} characters. It was not sent to the "
	       "card; no try was lost. Try again.") },
	{ "pin.wrong",
	    N_("Wrong {pin}. After {n} more wrong tries the card is locked. "
	       "Make sure of it, and try again.") },
	{ "pin.wrong.some",
	    N_("Wrong {pin}. Further wrong tries lock the card. Make sure of "
	       "it, and try again.") },
	{ "pin.wrong.last",
	    N_("Wrong {pin}. The next wrong try locks the card. If you are not "
	       "sure, stop and ask the security manager. {contact}") },
	{ "pin.locked",
	    N_("The card is locked after too many wrong {pin}s. Ask the "
	       "security manager to unlock it. {contact}") },
	{ "pin.last",
	    N_("Only one try of the {pin} is left, and this screen cannot ask "
	       "you. Log in at the console, or ask the security manager. "
	       "{contact}") },
	{ "pin.initial",
	    N_("This {pin} is still the one that you were given. Change it to "
	       "one of your own.") },
	{ "pin.overdue",
	    N_("Your {pin} is overdue for a change; the last one was on "
	       "{date}. Change it, and then you can work.") },
	{ "pin.unknown",
	    N_("It is not known when your {pin} was changed last. Change it, "
	       "and then you can work.") },
	{ "pin.change.needed",
	    N_("Your {pin} has to be changed first. Log in again and change "
	       "it.") },
	{ "pin.differ", N_("The two entries are not the same. Begin again.") },
	{ "pin.weak",
	    N_("Birth dates, rows of digits and repeated digits cannot be "
	       "used. Choose another {pin}.") },
	{ "pin.same",
	    N_("That is the {pin} that you have already. Choose another "
	       "one.") },
	{ "pin.digits",
	    N_("Only digits can be used in a new {pin}. Choose another one.") },
	{ "pin.refused",
	    N_("The card did not take the new {pin}. Choose another one.") },
	{ "pin.fixed",
	    N_("The {pin} of this card cannot be changed here. Use the "
	       "software that came with the card. {contact}") },
	{ "pin.foreign",
	    N_("You can change the {pin} of your own card only. Try again with "
	       "your own account and card.") },
	{ "pin.nopuk",
	    N_("This card is locked after too many wrong {pin}s. Have it "
	       "unlocked where it was issued. {contact}") },
	{ "puk.wrong",
	    N_("Wrong PUK. After {n} more wrong tries the card is useless. "
	       "Make sure of it, and try again.") },
	{ "puk.wrong.last",
	    N_("Wrong PUK. The next wrong try makes the card useless. If you "
	       "are not sure, stop and ask the security manager. {contact}") },
	{ "puk.locked",
	    N_("The PUK of this card is locked too: the card is useless. "
	       "Ask the security manager for a new one. {contact}") },
	{ "pin.cancelled",
	    N_("The entry was cancelled on the card reader. Nothing was sent "
	       "to the card; no try was lost. Try again when you are ready.") },
	{ "pin.timeout",
	    N_("No {pin} was typed on the card reader in time. Nothing was "
	       "sent to the card; no try was lost. Try again.") },
	{ "evidence.none", N_("The card was not proven. Try again.") },
	{ "fb.denied",
	    N_("The use of the fallback PIN is not approved. Ask the access "
	       "manager. {contact}") },
	{ "method.denied",
	    N_("This way to prove who you are is not taken on this terminal. "
	       "Call the system manager. {contact}") },

	/* person, operator ID, terminal */
	{ "person.expired",
	    N_("Your registration as operator expired ({date}). Ask the access "
	       "manager. {contact}") },
	{ "person.notyet",
	    N_("Your registration as operator begins on {date}. Ask the access "
	       "manager. {contact}") },
	{ "person.disabled",
	    N_("Your registration as operator is disabled. Ask the access "
	       "manager. {contact}") },
	{ "opid.none",
	    N_("You have no operator ID that can be used. Ask the access "
	       "manager. {contact}") },
	{ "opid.expired",
	    N_("Your operator ID expired ({date}). Ask the access manager. "
	       "{contact}") },
	{ "opid.notyet",
	    N_("Your operator ID is valid only from {date}. Ask the access "
	       "manager. {contact}") },
	{ "opid.disabled",
	    N_("Your operator ID is disabled. Ask the access manager. "
	       "{contact}") },
	{ "opid.terminal",
	    N_("Your operator ID ({type}) cannot be used on this terminal. Use "
	       "one of this kind: {classes}") },
	{ "terminal.unknown",
	    N_("This terminal is not registered. Call the system manager. "
	       "{contact}") },
	{ "opid.choice",
	    N_("That operator ID was not one of those to choose from. Log in "
	       "again and type the number in front of one.") },
	{ "person.untrained",
	    N_("You have not been to this year's course, so you cannot work "
	       "here. Ask the security manager for a date. {contact}") },
	{ "terminal.revoked",
	    N_("This terminal was taken out of use. Use another one, and tell "
	       "the system manager. {contact}") },
	{ "terminal.room",
	    N_("A terminal of this kind may not be used in this room. Call the "
	       "system manager. {contact}") },
	{ "time.out",
	    N_("These are not office hours. To work now, have the access "
	       "manager approve it first. {contact}") },
	{ "biz.denied",
	    N_("Operator IDs of type \"{type}\" may not do \"{business}\". "
	       "This was recorded. If your work needs it, ask the access "
	       "manager. {contact}") },
	{ "func.denied",
	    N_("Operator IDs of type \"{type}\" may not manage operators in "
	       "this way. Switch to one that may, or ask a holder of type "
	       "\"operator management\". {contact}") },
	{ "dept.owner",
	    N_("Only the department that owns identity information may do "
	       "this. Ask that department, or the access manager. "
	       "{contact}") },
	{ "delegation.none",
	    N_("This function is not delegated to you. Ask a holder of type "
	       "\"operator management\" to delegate it. {contact}") },
	{ "perm.none",
	    N_("You have no permission of the identity information officer for "
	       "this. Ask for it first. {contact}") },
	{ "confirm.none",
	    N_("Somebody other than you must confirm an input, deletion or "
	       "correction. Call a colleague to the terminal.") },
	{ "confirm.ask",
	    N_("{name} asks for your confirmation ({time}): {business}, "
	       "{action}, application {reception}, persons: {persons}. "
	       "Check it on the screen, then insert your own card in place of "
	       "the operator's.") },
	{ "confirm.own",
	    N_("Take out the card of the person who confirmed, and put the "
	       "operator's card back into the card reader.") },
	{ "confirm.shown",
	    N_("You confirmed for {name} ({date} {time}): {business}, {action}, "
	       "application {reception}, persons: {persons}. If that was not "
	       "so, tell the security manager at once.") },
	{ "confirm.more",
	    N_("Before that you confirmed more: {n}. They are in the "
	       "history.") },
	{ "confirm.unseen",
	    N_("You have confirmed often without logging in here. Log in once, "
	       "see what you confirmed, and try again.") },
	{ "confirm.same",
	    N_("You cannot confirm your own input. Call a colleague to do "
	       "it.") },

	/* officers, at jukinetctl */
	{ "role.none",
	    N_("You are not the officer who may do this. Ask the system "
	       "manager who is. {contact}") },
	{ "role.dept",
	    N_("You may do this for your own department only. Ask the officer "
	       "of that department.") },
	{ "approve.self",
	    N_("Nobody approves his own request. Ask another officer.") },
	{ "flow.order",
	    N_("A step before this one is missing. Look at how things stand, "
	       "and do that step first.") },
	{ "channel.same",
	    N_("Card and {pin} must not go the same way. Choose another way "
	       "for one of them.") },
	{ "grant.beyond",
	    N_("More was to be granted than the access manager holds. Ask the "
	       "security officer. {contact}") },
	{ "grant.none",
	    N_("This type was not granted to your department. Ask the security "
	       "officer. {contact}") },
	{ "row.exists",
	    N_("There is one with this id already. Choose another id.") },
	{ "row.none", N_("There is none with this id. Check the id.") },
	{ "row.bad",
	    N_("The registry would not be in order afterwards, so nothing was "
	       "changed. Check what you have entered.") },
	{ "row.foreign",
	    N_("This was written by hand in a file. Change it there.") },

	/* a use, and the queries in it */
	{ "reception.none",
	    N_("Say which application this is for: its reception number, "
	       "or the reason where there is none.") },
	{ "req.none",
	    N_("A search or an extraction needs its requirement: for "
	       "what, by which condition, and how many are expected.") },
	{ "perm.bad",
	    N_("This permission number is not good here: it has ended, "
	       "was used, or is for something else.") },
	{ "look.bulk",
	    N_("That makes {n} persons, and {max} are the most. Narrow "
	       "the search, or name a permission of the identity "
	       "information officer. {contact}") },
	{ "code.bad",
	    N_("This is not a resident record code: it has 11 digits. "
	       "Check it and type it again.") },
	{ "key.none",
	    N_("This terminal has no key for resident record codes, so "
	       "nobody can be looked up by one. Call the system manager. "
	       "{contact}") },
	{ "query.none",
	    N_("There is no such lookup in this use. Ask for it again.") },
	{ "ledger.changed",
	    N_("Something was added or entered meanwhile: look at the "
	       "entry again.") },
	{ "number.long",
	    N_("This may be a resident record code or an individual number, "
	       "and those are not recorded. Enter the office's own number; a "
	       "long one is divided by a hyphen, not into 4-4-3 or 4-4-4 "
	       "digits.") },
};

struct named {
	const char *id;
	const char *english;
};

/* Types of operator IDs, as 別紙1 calls them. */
static const struct named types[] = {
	{ "municipal-management", N_("municipal management") },
	{ "municipal-counter", N_("municipal counter") },
	{ "moving-desk", N_("moving desk") },
	{ "wide-area-issuance-desk", N_("wide-area issuance desk") },
	{ "other-department", N_("other department") },
	{ "public-personal-authentication-desk",
	    N_("public personal authentication desk") },
	{ "counter-identity-desk", N_("counter identity desk") },
	{ "site-management", N_("site management") },
	{ "operator-management", N_("operator management") },
};

/* Classes of terminals. */
static const struct named classes[] = {
	{ "cs", N_("communication server") },
	{ "integrated-terminal", N_("integrated terminal") },
	{ "integrated-terminal-other-dept",
	    N_("integrated terminal in another department") },
};

/* What a card asks for goes by two names; the service's style chooses. */
static const struct {
	const char *place;
	const char *pin, *password;
} labels[] = {
	{ "pin", N_("PIN"), N_("password") },
	{ "Pin", N_("PIN"), N_("Password") }, /* where a sentence begins */
};

/* Whom to call; all of it is left out where nobody is named. */
static const char contact_text[] = N_("(Contact: {contact})");

static const char unknown_text[] = N_("Refused ({code}).");

const char *
jk_text_code(size_t i)
{
	return i < JK_COUNT(table) ? table[i].code : NULL;
}

const char *
jk_text_english(size_t i)
{
	return i < JK_COUNT(table) ? table[i].english : NULL;
}

static const char *
find(const char *code)
{
	for (size_t i = 0; i < JK_COUNT(table); i++)
		if (strcmp(table[i].code, code) == 0)
			return table[i].english;
	return unknown_text;
}

/* Of an id that ends where it is told; NULL: nobody knows it. */
static const char *
name_of(const struct named *names, size_t n, const uint8_t *id, size_t len,
    const struct jk_look *look)
{
	for (size_t i = 0; i < n; i++)
		if (len == strlen(names[i].id) &&
		    memcmp(names[i].id, id, len) == 0)
			return jk_look_say(look, names[i].english);
	return NULL;
}

const char *
jk_text_type(const char *id, const struct jk_look *look)
{
	return name_of(types, JK_COUNT(types), (const uint8_t *)id, strlen(id),
	    look);
}

/* The text that is being made. */
struct text {
	const struct jk_frame *params;
	struct jk_paper paper;
};

/* A type is known by its name. */
static bool
put_type(struct text *t, const uint8_t *value, size_t n)
{
	const char *name =
	    name_of(types, JK_COUNT(types), value, n, t->paper.look);

	if (name != NULL)
		jk_paper_put(&t->paper, name, strlen(name));
	return name != NULL;
}

/* "cs, integrated-terminal": so is each class. */
static void
put_classes(struct text *t, const uint8_t *value, size_t n)
{
	static const char sign[] = ", ";
	const char *between = t->paper.look->japanese ? "、" : sign;

	for (bool first = true; n > 0; first = false) {
		const uint8_t *end = memmem(value, n, sign, sizeof(sign) - 1);
		const size_t len = end != NULL ? (size_t)(end - value) : n;
		const char *name = name_of(classes, JK_COUNT(classes), value,
		    len, t->paper.look);

		if (!first)
			jk_paper_put(&t->paper, between, strlen(between));
		if (name != NULL)
			jk_paper_put(&t->paper, name, strlen(name));
		else
			jk_paper_put_value(&t->paper, value, len);
		value += len + (end != NULL ? sizeof(sign) - 1 : 0);
		n -= len + (end != NULL ? sizeof(sign) - 1 : 0);
	}
}

/* A day as it is read in Japan; elsewhere it stays as it came. */
static bool
put_day(struct text *t, const uint8_t *value, size_t n)
{
	char day[JK_ERA_MAX];

	if (!t->paper.look->japanese ||
	    !jk_era_write((const char *)value, n,
	        (t->paper.look->style & JK_STYLE_GREGORIAN) != 0, day))
		return false;
	jk_paper_put(&t->paper, day, strlen(day));
	return true;
}

static bool
is_name(const char *name, size_t len, const char *of)
{
	return len == strlen(of) && memcmp(name, of, len) == 0;
}

/* The value of the place; NULL where none came that tells the reader anything. */
static const uint8_t *
find_param(const struct text *t, const char *name, size_t len, size_t *ret_n)
{
	struct jk_cur p;

	for (size_t i = 0;
	     t->params != NULL &&
	     jk_frame_get_nth(t->params, JK_FIELD_PARAM, i, &p) == JK_OK;
	     i++) {
		if (p.left <= len || memcmp(p.at, name, len) != 0 ||
		    p.at[len] != '=')
			continue;
		*ret_n = p.left - len - 1;
		return jk_paper_tells(&t->paper, p.at + len + 1, *ret_n)
		           ? p.at + len + 1
		           : NULL;
	}
	return NULL;
}

/* These places are ours: no parameter fills them. */
static bool
put_label(struct text *t, const char *name, size_t len)
{
	const bool password = (t->paper.look->style & JK_STYLE_PASSWORD) != 0;

	for (size_t i = 0; i < JK_COUNT(labels); i++)
		if (is_name(name, len, labels[i].place)) {
			const char *label = jk_look_say(t->paper.look,
			    password ? labels[i].password : labels[i].pin);

			jk_paper_put(&t->paper, label, strlen(label));
			return true;
		}
	return false;
}

/* A refusal ends with it: without one, nor is there a blank before it. */
static void
put_contact(struct text *t, const uint8_t *value, size_t n)
{
	const char *around = jk_look_say(t->paper.look, contact_text);
	const size_t before = strcspn(around, "{"), to = strcspn(around, "}");

	if (value == NULL) {
		jk_paper_drop_blank(&t->paper);
		return;
	}
	jk_paper_put(&t->paper, around, before);
	jk_paper_put_value(&t->paper, value, n);
	if (around[to] != '\0')
		jk_paper_put(&t->paper, around + to + 1,
		    strlen(around + to + 1));
}

static void
put_place(struct text *t, const char *name, size_t len)
{
	size_t n = 0;
	const uint8_t *value = find_param(t, name, len, &n);

	if (is_name(name, len, "contact")) {
		put_contact(t, value, n);
		return;
	}
	if (put_label(t, name, len) || value == NULL)
		return;
	if (is_name(name, len, "type") && put_type(t, value, n))
		return;
	if (is_name(name, len, "date") && put_day(t, value, n))
		return;
	if (is_name(name, len, "classes")) {
		put_classes(t, value, n);
		return;
	}
	jk_paper_put_value(&t->paper, value, n);
}

/* Whose session it is need not be told: at a counter the public reads it too. */
static const char *
variant_of(const struct text *t, const char *code)
{
	size_t n = 0;

	if (strcmp(code, "lock.other") != 0 ||
	    find_param(t, "name", 4, &n) != NULL)
		return code;
	return "lock.other.noname";
}

void
jk_text(const char *code, const struct jk_look *look,
    const struct jk_frame *params, char ret[static JK_TEXT_MAX])
{
	struct text t = { params, { look, ret, ret, JK_TEXT_MAX - 1 } };
	const char *english = find(variant_of(&t, code));
	const char *text = jk_look_say(look, english);

	while (*text != '\0') {
		size_t plain = strcspn(text, "{"), name;

		jk_paper_put(&t.paper, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		name = strcspn(text + 1, "}");
		if (english == unknown_text)
			jk_paper_put_value(&t.paper, (const uint8_t *)code,
			    strlen(code));
		else
			put_place(&t, text + 1, name);
		text += 1 + name;
		if (*text == '}')
			text++;
	}
	*t.paper.at = '\0';
}
