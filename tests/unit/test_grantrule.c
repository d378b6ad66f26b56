/* SPDX-License-Identifier: BSD-2-Clause */
/* The two steps of a grant (S-17), as a table and as a property. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "grantrule.h"

#define NOW 1800000000
#define DAY 86400

static const struct jk_type moving = { .id = "moving-desk", .enabled = true };

static struct jk_person
person(const char *id, const char *department)
{
	struct jk_person p = { .enabled = true };

	strcpy(p.id, id);
	strcpy(p.department, department);
	return p;
}

static struct jk_role
role(const char *of, enum jk_role_name name, const char *department)
{
	struct jk_role r = { .role = name };

	strcpy(r.person, of);
	strcpy(r.department, department);
	return r;
}

static struct jk_opid
opid(const char *of, const char *type, const char *department, int64_t until)
{
	struct jk_opid o = { .enabled = true, .valid.until = until };

	strcpy(o.person, of);
	strcpy(o.type, type);
	strcpy(o.department, department);
	return o;
}

/* The registry of an office in order; p1 security officer, p2 access manager
 * of shimin, p3 of zeimu, p4 a clerk of shimin, p5 one of zeimu. */
struct office {
	struct jk_role roles[4];
	struct jk_opid opids[4];
	struct jk_actor actor;
	struct jk_person to;
	struct jk_type type;
	struct jk_grant grant;
};

static void
open_office(struct office *o, const char *actor)
{
	*o = (struct office){
		.roles = { role("p1", JK_ROLE_SECURITY_OFFICER, ""),
		    role("p2", JK_ROLE_ACCESS_MANAGER, "shimin"),
		    role("p3", JK_ROLE_ACCESS_MANAGER, "zeimu") },
		.opids = { opid("p2", "moving-desk", "shimin", NOW + DAY),
		    opid("p3", "statistics", "zeimu", NOW + DAY) },
		.to = person("p4", "shimin"),
		.type = moving,
	};
	strcpy(o->actor.person, actor);
	for (size_t i = 0; i < 3; i++)
		if (strcmp(o->roles[i].person, actor) == 0)
			o->actor.roles[o->actor.n_roles++] = o->roles[i];
	o->grant = (struct jk_grant){
		.actor = &o->actor,
		.person = &o->to,
		.type = &o->type,
		.department = "shimin",
		.until = NOW + DAY,
		.now = NOW,
		.n_opids = 2,
		.n_roles = 3,
		.opids = o->opids,
		.roles = o->roles,
	};
}

static void
expect(struct office *o, enum jk_reason want)
{
	int64_t limit;

	assert_string_equal(jk_reason_code(jk_grant_check(&o->grant, &limit)),
	    jk_reason_code(want));
	assert_int_equal(jk_grant_check(&o->grant, NULL), want);
}

static void
test_grant_first_step_security_officer_to_access_manager(void **state)
{
	struct office o;

	(void)state;
	open_office(&o, "p1");
	o.to = person("p2", "shimin");
	o.grant.until = 0;
	expect(&o, JK_WHY_GRANTED);
	/* A role that has ended, is of another department, or of none. */
	o.roles[1].valid.until = NOW;
	expect(&o, JK_WHY_FLOW_ORDER);
	o.roles[1] = role("p2", JK_ROLE_ACCESS_MANAGER, "zeimu");
	expect(&o, JK_WHY_FLOW_ORDER);
	o.roles[1] = role("p2", JK_ROLE_ACCESS_MANAGER, "");
	expect(&o, JK_WHY_FLOW_ORDER);
}

static void
test_grant_security_officer_to_a_clerk_is_out_of_order(void **state)
{
	struct office o;

	(void)state;
	open_office(&o, "p1");
	expect(&o, JK_WHY_FLOW_ORDER);
}

static void
test_grant_second_step_to_the_own_department(void **state)
{
	struct office o;

	(void)state;
	open_office(&o, "p2");
	expect(&o, JK_WHY_GRANTED);
	o.to = person("p5", "zeimu");
	expect(&o, JK_WHY_ROLE_DEPT);
	o.grant.department = "zeimu";
	expect(&o, JK_WHY_ROLE_DEPT);
	o.to = person("p6", "");
	expect(&o, JK_WHY_ROLE_DEPT);
	o.grant.department = "";
	expect(&o, JK_WHY_ROLE_DEPT);
}

static void
test_grant_type_that_the_department_does_not_hold(void **state)
{
	struct office o;

	(void)state;
	open_office(&o, "p2");
	strcpy(o.type.id, "statistics");
	expect(&o, JK_WHY_GRANT_NONE);
	/* Held, but for another department. */
	o.opids[1] = opid("p2", "statistics", "zeimu", 0);
	expect(&o, JK_WHY_GRANT_NONE);
	/* Held by another access manager of the department. */
	o.opids[1] = opid("p3", "statistics", "shimin", 0);
	expect(&o, JK_WHY_GRANT_NONE);
	o.opids[1] = opid("p2", "statistics", "shimin", 0);
	expect(&o, JK_WHY_GRANTED);
	o.opids[1].enabled = false;
	expect(&o, JK_WHY_GRANT_NONE);
	o.opids[1].enabled = true;
	o.opids[1].valid.from = NOW + 1;
	expect(&o, JK_WHY_GRANT_NONE);
	o.opids[1].valid = (struct jk_period){ 0, NOW };
	expect(&o, JK_WHY_GRANT_NONE);
}

static void
test_grant_beyond_the_access_managers_own_time(void **state)
{
	struct office o;
	int64_t limit;

	(void)state;
	open_office(&o, "p2");
	o.grant.until = NOW + DAY + 1;
	expect(&o, JK_WHY_GRANT_BEYOND);
	assert_int_equal(jk_grant_check(&o.grant, &limit), JK_WHY_GRANT_BEYOND);
	assert_int_equal(limit, NOW + DAY);
	o.grant.until = 0;
	expect(&o, JK_WHY_GRANT_BEYOND);
	/* The one that lasts longest counts. */
	o.opids[1] = opid("p2", "moving-desk", "shimin", NOW + 2 * DAY);
	o.grant.until = NOW + 2 * DAY;
	expect(&o, JK_WHY_GRANTED);
	o.grant.until = 0;
	expect(&o, JK_WHY_GRANT_BEYOND);
	o.opids[0].valid.until = 0;
	expect(&o, JK_WHY_GRANTED);
	assert_int_equal(jk_grant_check(&o.grant, &limit), JK_WHY_GRANTED);
	assert_int_equal(limit, 0);
}

static void
test_grant_nobody_to_himself(void **state)
{
	struct office o;

	(void)state;
	open_office(&o, "p2");
	o.to = person("p2", "shimin");
	expect(&o, JK_WHY_SELF_APPROVAL);
	/* Nor a security officer who is access manager as well. */
	open_office(&o, "p1");
	o.roles[1] = role("p1", JK_ROLE_ACCESS_MANAGER, "shimin");
	o.actor.roles[o.actor.n_roles++] = o.roles[1];
	o.to = person("p1", "shimin");
	expect(&o, JK_WHY_SELF_APPROVAL);
}

static void
test_grant_without_a_role(void **state)
{
	struct office o;

	(void)state;
	open_office(&o, "p4");
	o.to = person("p9", "shimin");
	expect(&o, JK_WHY_ROLE_NONE);
	/* What he holds as a clerk is not his to hand on. */
	o.opids[1] = opid("p4", "moving-desk", "shimin", 0);
	expect(&o, JK_WHY_ROLE_NONE);
}

static void
test_grant_person_or_type_that_is_off(void **state)
{
	struct office o;

	(void)state;
	open_office(&o, "p2");
	o.to.enabled = false;
	expect(&o, JK_WHY_PERSON_DISABLED);
	o.to.enabled = true;
	o.to.valid.until = NOW;
	expect(&o, JK_WHY_PERSON_EXPIRED);
	o.to.valid = (struct jk_period){ NOW + DAY, 0 };
	expect(&o, JK_WHY_GRANTED);
	o.type.enabled = false;
	expect(&o, JK_WHY_GRANT_NONE);
	open_office(&o, "p1");
	o.to = person("p2", "shimin");
	o.type.enabled = false;
	expect(&o, JK_WHY_GRANT_NONE);
}

/* The console and an import act in the place of the access managers, and give
 * no more than those hold. */
static void
test_grant_console_and_bulk_keep_to_what_the_department_holds(void **state)
{
	struct office o;

	(void)state;
	for (int bulk = 0; bulk < 2; bulk++) {
		open_office(&o, "p1");
		o.grant.bulk = bulk != 0;
		if (!bulk) {
			o.actor = (struct jk_actor){ .console = true };
			o.to = person("p2", "shimin");
			o.grant.until = 0;
			expect(&o, JK_WHY_GRANTED);
		}
		o.to = person("p4", "shimin");
		o.grant.until = NOW + DAY;
		expect(&o, JK_WHY_GRANTED);
		o.grant.until = 0;
		expect(&o, JK_WHY_GRANT_BEYOND);
		strcpy(o.type.id, "statistics");
		expect(&o, JK_WHY_GRANT_NONE);
		/* A clerk's own is no source. */
		o.opids[1] = opid("p5", "statistics", "shimin", 0);
		expect(&o, JK_WHY_GRANT_NONE);
		o.to = person("p5", "zeimu");
		expect(&o, JK_WHY_ROLE_DEPT);
	}
}

/*
 * The property: whatever sequence of grants, nobody ever holds what no chain
 * to a security officer's grant allows. The model below knows the rule in its
 * own words and shares no code with it.
 */

#define PERSONS     9
#define DEPARTMENTS 3
#define TYPES       3
#define GRANTS      400
#define STEPS       6000

struct given {
	size_t parent; /* GRANTS: from a security officer */
	size_t person, type, department;
	int64_t until;
	bool live; /* not returned, not disabled */
};

struct model {
	uint64_t seed;
	int64_t now;
	size_t n;
	struct given given[GRANTS];
	struct jk_opid opids[GRANTS];
	/* Roles of each person: bit of a department; and whether officer. */
	unsigned manages[PERSONS];
	bool officer[PERSONS];
	size_t works[PERSONS];
	struct jk_role roles[PERSONS * (DEPARTMENTS + 1)];
	size_t n_roles;
	size_t granted, refused;
};

static const char *const department_names[DEPARTMENTS] = { "shimin", "zeimu",
	"fukushi" };

static unsigned
dice(struct model *m, unsigned sides)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (unsigned)(m->seed >> 33) % sides;
}

static void
name(char *ret, char letter, size_t number)
{
	ret[0] = letter;
	ret[1] = (char)('0' + number);
	ret[2] = '\0';
}

static void
appoint(struct model *m)
{
	m->n_roles = 0;
	for (size_t p = 0; p < PERSONS; p++) {
		char id[3];

		m->manages[p] =
		    dice(m, 3) == 0 ? 1u << dice(m, DEPARTMENTS) : 0;
		m->officer[p] = dice(m, 5) == 0;
		m->works[p] = dice(m, DEPARTMENTS);
		name(id, 'p', p);
		for (size_t d = 0; d < DEPARTMENTS; d++)
			if ((m->manages[p] & (1u << d)) != 0)
				m->roles[m->n_roles++] =
				    role(id, JK_ROLE_ACCESS_MANAGER,
				        department_names[d]);
		if (m->officer[p])
			m->roles[m->n_roles++] =
			    role(id, JK_ROLE_SECURITY_OFFICER, "");
	}
}

static bool
lasts(int64_t until, int64_t than)
{
	return until == 0 || (than != 0 && until >= than);
}

/* From where it could come: GRANTS is a security officer, GRANTS + 1 nothing. */
static size_t
justify(const struct model *m, size_t actor, bool console, bool bulk,
    const struct given *wanted)
{
	const size_t d = wanted->department;
	const unsigned bit = 1u << d;

	if (!console && actor == wanted->person)
		return GRANTS + 1;
	if ((console || m->officer[actor]) &&
	    (m->manages[wanted->person] & bit) != 0)
		return GRANTS;
	if (m->works[wanted->person] != d)
		return GRANTS + 1;
	if (!console && !bulk && (m->manages[actor] & bit) == 0)
		return GRANTS + 1;
	for (size_t i = 0; i < m->n; i++) {
		const struct given *g = &m->given[i];

		if (g->live && g->type == wanted->type && g->department == d &&
		    g->person != wanted->person &&
		    (console || bulk ? (m->manages[g->person] & bit) != 0
		                     : g->person == actor) &&
		    (g->until == 0 || g->until > m->now) &&
		    lasts(g->until, wanted->until))
			return i;
	}
	return GRANTS + 1;
}

static void
try_grant(struct model *m)
{
	struct jk_actor actor = { .console = dice(m, 20) == 0 };
	const bool bulk = dice(m, 20) == 0;
	const size_t who = dice(m, PERSONS);
	struct given wanted = {
		.person = dice(m, PERSONS),
		.type = dice(m, TYPES),
		.department = dice(m, DEPARTMENTS),
		.until = dice(m, 9) == 0 ? 0 : m->now + DAY * (1 + dice(m, 60)),
		.live = true,
	};
	struct jk_person to = { .enabled = true };
	struct jk_type type = { .enabled = true };
	struct jk_grant grant = {
		.actor = &actor,
		.bulk = bulk,
		.person = &to,
		.type = &type,
		.department = department_names[wanted.department],
		.until = wanted.until,
		.now = m->now,
		.n_opids = m->n,
		.n_roles = m->n_roles,
		.opids = m->opids,
		.roles = m->roles,
	};
	bool granted;

	name(to.id, 'p', wanted.person);
	strcpy(to.department, department_names[m->works[wanted.person]]);
	name(type.id, 't', wanted.type);
	if (!actor.console)
		name(actor.person, 'p', who);
	for (size_t i = 0; i < m->n_roles; i++)
		if (strcmp(m->roles[i].person, actor.person) == 0)
			actor.roles[actor.n_roles++] = m->roles[i];
	granted = jk_grant_check(&grant, NULL) == JK_WHY_GRANTED;
	wanted.parent = justify(m, who, actor.console, bulk, &wanted);
	assert_int_equal(granted, wanted.parent <= GRANTS);
	if (!granted || m->n == GRANTS) {
		m->refused += !granted;
		return;
	}
	m->granted++;
	m->given[m->n] = wanted;
	m->opids[m->n] = opid(to.id, type.id, grant.department, wanted.until);
	m->n++;
}

/* A return, a disabling, a shorter time; what was handed on stays. */
static void
take_away(struct model *m)
{
	const size_t i = m->n > 0 ? dice(m, (unsigned)m->n) : 0;

	if (m->n == 0)
		return;
	m->given[i].live = false;
	m->opids[i].enabled = false;
}

/* What somebody holds stands on an unbroken chain: the same right, never
 * longer than the one it came from, and a security officer at its end. */
static void
check_chains(const struct model *m)
{
	for (size_t i = 0; i < m->n; i++) {
		size_t at = i, hops = 0;

		while (m->given[at].parent < GRANTS) {
			const struct given *from =
			    &m->given[m->given[at].parent];

			assert_int_equal(from->type, m->given[i].type);
			assert_int_equal(from->department,
			    m->given[i].department);
			assert_true(lasts(from->until, m->given[at].until));
			/* It came earlier, so this ends. */
			assert_true(m->given[at].parent < at);
			at = m->given[at].parent;
			hops++;
		}
		assert_int_equal(m->given[at].parent, GRANTS);
		assert_true(hops < m->n);
	}
}

static void
test_grant_property_every_right_comes_from_a_security_officer(void **state)
{
	static struct model m;

	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		m = (struct model){ .seed = seed * 0x9e3779b97f4a7c15,
			.now = NOW };
		appoint(&m);
		for (size_t step = 0; step < STEPS; step++) {
			try_grant(&m);
			if (dice(&m, 30) == 0)
				take_away(&m);
			if (dice(&m, 50) == 0)
				m.now += DAY;
			if (dice(&m, 400) == 0)
				appoint(&m);
		}
		check_chains(&m);
		assert_true(m.granted > 0 && m.refused > 0);
	}
	print_message("last run: %zu granted, %zu refused\n", m.granted,
	    m.refused);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_grant_first_step_security_officer_to_access_manager),
		cmocka_unit_test(
		    test_grant_security_officer_to_a_clerk_is_out_of_order),
		cmocka_unit_test(test_grant_second_step_to_the_own_department),
		cmocka_unit_test(
		    test_grant_type_that_the_department_does_not_hold),
		cmocka_unit_test(
		    test_grant_beyond_the_access_managers_own_time),
		cmocka_unit_test(test_grant_nobody_to_himself),
		cmocka_unit_test(test_grant_without_a_role),
		cmocka_unit_test(test_grant_person_or_type_that_is_off),
		cmocka_unit_test(
		    test_grant_console_and_bulk_keep_to_what_the_department_holds),
		cmocka_unit_test(
		    test_grant_property_every_right_comes_from_a_security_officer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
