/* SPDX-License-Identifier: BSD-2-Clause */
#include "words.h"

#include <assert.h>
#include <string.h>

#include "protocol.h"

#define WORD(number, id, en, ja) [number] = { id, en, ja },

static const struct jk_word class_words[] = { JK_CLASS_TABLE(WORD) };
static const struct jk_word business_words[] = { JK_BUSINESS_TABLE(WORD) };
static const struct jk_word function_words[] = { JK_FUNCTION_TABLE(WORD) };
static const struct jk_word kind_words[] = { JK_CARD_KIND_TABLE(WORD) };
static const struct jk_word method_words[] = { JK_METHOD_TABLE(WORD) };
static const struct jk_word role_words[] = { JK_ROLE_TABLE(WORD) };
static const struct jk_word approval_words[] = { JK_APPROVAL_TABLE(WORD) };
static const struct jk_word state_words[] = { JK_CARD_STATE_TABLE(WORD) };
static const struct jk_word weekday_words[] = { JK_WEEKDAY_TABLE(WORD) };
static const struct jk_word level_words[] = { JK_ROOM_LEVEL_TABLE(WORD) };
static const struct jk_word trust_words[] = { JK_TRUST_LEVEL_TABLE(WORD) };
static const struct jk_word pin_words[] = { JK_PIN_CHANGE_TABLE(WORD) };

static const struct jk_word present_words[] = { JK_PRESENT_TABLE(WORD) };
static const struct jk_word removal_words[] = { JK_REMOVAL_TABLE(WORD) };
static const struct jk_word leftovers_words[] = { JK_LEFTOVERS_TABLE(WORD) };

static const struct jk_word action_words[] = { JK_ACTION_TABLE(WORD) };
static const struct jk_word search_words[] = { JK_SEARCH_TABLE(WORD) };

static_assert(JK_COUNT(present_words) == JK_PRESENT_COUNT &&
                  JK_COUNT(removal_words) == JK_REMOVAL_COUNT &&
                  JK_COUNT(leftovers_words) == JK_LEFTOVERS_COUNT,
    "each has its word");
static_assert(JK_CLASS_COUNT <= 32 && JK_BUSINESS_COUNT <= 32 &&
                  JK_FUNCTION_COUNT <= 32 && JK_METHOD_COUNT <= 32,
    "a mask has a bit for each");

/* What may be written there, behind what it is not. */
#define LISTED(number, id, en, ja) " " id
#define FAULT(noun, table)         "not a " noun " (one of:" table(LISTED) ")"
#define WORDS(noun, words, table)                                   \
	{                                                           \
		noun, JK_COUNT(words), words, 0, FAULT(noun, table) \
	}
/* The first of these stands for what was not said: nobody writes it. */
#define WORDS_FROM_1(noun, words, list)                 \
	{                                               \
		noun, JK_COUNT(words), words, 1,        \
		    "not a " noun " (one of: " list ")" \
	}

const struct jk_words jk_classes =
    WORDS("terminal class", class_words, JK_CLASS_TABLE);
const struct jk_words jk_businesses =
    WORDS("business", business_words, JK_BUSINESS_TABLE);
const struct jk_words jk_functions =
    WORDS("function", function_words, JK_FUNCTION_TABLE);
const struct jk_words jk_card_kinds =
    WORDS("kind of card", kind_words, JK_CARD_KIND_TABLE);
const struct jk_words jk_methods =
    WORDS_FROM_1("method", method_words, "card-pin biometric fallback-pin");
const struct jk_words jk_role_names = WORDS("role", role_words, JK_ROLE_TABLE);
const struct jk_words jk_approval_kinds =
    WORDS("kind of approval", approval_words, JK_APPROVAL_TABLE);
const struct jk_words jk_card_states =
    WORDS("state of a card", state_words, JK_CARD_STATE_TABLE);
const struct jk_words jk_weekdays =
    WORDS("weekday", weekday_words, JK_WEEKDAY_TABLE);
const struct jk_words jk_room_levels =
    WORDS_FROM_1("room level", level_words, "1 2 3");
const struct jk_words jk_trust_levels =
    WORDS("level of trust", trust_words, JK_TRUST_LEVEL_TABLE);
const struct jk_words jk_pin_changes =
    WORDS("rule for the age of a PIN", pin_words, JK_PIN_CHANGE_TABLE);
const struct jk_words jk_presents =
    WORDS("rule for the card's presence", present_words, JK_PRESENT_TABLE);
const struct jk_words jk_removals =
    WORDS("answer to a removed card", removal_words, JK_REMOVAL_TABLE);
const struct jk_words jk_leftovers =
    WORDS("rule for processes left", leftovers_words, JK_LEFTOVERS_TABLE);

const struct jk_words jk_actions =
    WORDS("action", action_words, JK_ACTION_TABLE);
const struct jk_words jk_searches = WORDS_FROM_1("kind of search", search_words,
    "code four-info name address list card");

size_t
jk_word_find(const struct jk_words *words, const char *id)
{
	size_t i = 0;

	while (i < words->n && strcmp(words->word[i].id, id) != 0)
		i++;
	return i;
}

const char *
jk_word_id(const struct jk_words *words, size_t number)
{
	return number < words->n ? words->word[number].id : "?";
}
