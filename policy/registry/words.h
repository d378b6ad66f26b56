/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The closed vocabularies of the rules, each in ONE table: the identifier as
 * it stands in files and records, and the words of 別紙1 and of the requirement
 * (glossary) for people. The order is that of the source and is the bit in a
 * mask: append, never reorder.
 */
#ifndef JK_WORDS_H
#define JK_WORDS_H

#include <stdint.h>

#include "defs.h"

/* Classes of terminals (S 第7条, 別紙1 操作端末). */
#define JK_CLASS_TABLE(X)                                                    \
	X(JK_CLASS_CS, "cs", "communication server",                         \
	    "コミュニケーションサーバ")                                      \
	X(JK_CLASS_INTEGRATED, "integrated-terminal", "integrated terminal", \
	    "統合端末")                                                      \
	X(JK_CLASS_OTHER_DEPT, "integrated-terminal-other-dept",             \
	    "integrated terminal of another department",                     \
	    "統合端末(他部署に設置)")

/* The fourteen businesses (別紙1, head of the table). */
#define JK_BUSINESS_TABLE(X)                                              \
	X(JK_BIZ_IDENTITY_CONFIRMATION, "identity-confirmation",          \
	    "identity confirmation", "本人確認")                          \
	X(JK_BIZ_IDENTITY_SEARCH, "identity-info-search",                 \
	    "search of identity information", "本人確認情報検索")         \
	X(JK_BIZ_IDENTITY_UPDATE, "identity-info-update",                 \
	    "update of identity information", "本人確認情報更新")         \
	X(JK_BIZ_MOVING, "moving", "moving in and out", "転入転出(全般)") \
	X(JK_BIZ_WIDE_AREA, "wide-area-issuance", "wide-area issuance",   \
	    "広域交付(全般)")                                             \
	X(JK_BIZ_STATISTICS, "statistics", "statistics", "統計処理")      \
	X(JK_BIZ_RESIDENT_CODE, "resident-code-management",               \
	    "management of resident record codes", "住民票コード管理")    \
	X(JK_BIZ_RECONCILIATION, "identity-info-reconciliation",          \
	    "reconciliation of identity information", "本人確認情報整合") \
	X(JK_BIZ_DISCLOSURE, "provision-disclosure",                      \
	    "disclosure of provisions", "本人確認情報提供状況開示")       \
	X(JK_BIZ_CHARACTERS, "character-code-management",                 \
	    "management of character codes", "文字コード管理")            \
	X(JK_BIZ_PUBLIC_AUTH, "public-personal-authentication",           \
	    "public personal authentication", "公的個人認証")             \
	X(JK_BIZ_COUNTER_IDENTITY, "counter-identity-confirmation",       \
	    "identity confirmation at other counters",                    \
	    "市町村窓口業務本人確認")                                     \
	X(JK_BIZ_PROVISION, "information-provision",                      \
	    "provision of information", "情報提供")                       \
	X(JK_BIZ_FAMILY_REGISTER, "family-register-supplement",           \
	    "supplement to the family register", "戸籍附票")

/* Functions of types 8 and 9 (別紙1 操作者管理業務). */
#define JK_FUNCTION_TABLE(X)                                                   \
	X(JK_FUNC_OPERATOR_REGISTER, "operator-register",                      \
	    "registration of operators", "操作者登録")                         \
	X(JK_FUNC_PERMISSION_ADD_RETURN, "permission-add-return",              \
	    "adding and returning of rights", "操作者権限追加・返却")          \
	X(JK_FUNC_OPERATOR_CHANGE, "operator-change-delete",                   \
	    "change and deletion of operators", "操作者変更・削除")            \
	X(JK_FUNC_REENROLL, "biometric-reenroll",                              \
	    "new enrolment of biometrics", "照合情報再登録")                   \
	X(JK_FUNC_EXPIRY, "operator-expiry-change",                            \
	    "change of the expiry of operators", "操作者有効期限変更")         \
	X(JK_FUNC_DISABLE, "operator-id-disable", "disabling of operator IDs", \
	    "操作者ID無効化")                                                  \
	X(JK_FUNC_OPERATOR_STATUS, "operator-status-query",                    \
	    "query by operator", "操作者個別状況照会")                         \
	X(JK_FUNC_PERMISSION_STATUS, "permission-status-query",                \
	    "query by right", "操作者権限別状況照会")                          \
	X(JK_FUNC_DELEGATION_HISTORY, "delegation-history-query",              \
	    "query of the history of delegations", "操作者権限委譲履歴照会")   \
	X(JK_FUNC_PERMISSION_SET, "permission-set", "setting of rights",       \
	    "操作者権限設定")

/* Ways to prove who one is. */
/* In which language a card is asked; they are tried in an order. */
#define JK_CARD_KIND_TABLE(X)                                       \
	X(JK_CARD_PIV, "piv", "PIV", "PIV")                         \
	X(JK_CARD_JPKI, "jpki", "My Number card", "個人番号カード") \
	X(JK_CARD_OPENSC, "opensc", "through OpenSC", "OpenSC経由")

#define JK_METHOD_TABLE(X)                                               \
	X(JK_METHOD_NONE, "none", "nothing", "なし")                     \
	X(JK_METHOD_CARD_PIN, "card-pin", "card and PIN",                \
	    "操作者用ＩＣカードと暗証番号")                              \
	X(JK_METHOD_BIOMETRIC, "biometric", "biometric", "照合情報認証") \
	X(JK_METHOD_FALLBACK_PIN, "fallback-pin", "fallback PIN",        \
	    "操作者照合暗証番号")

/* Officers (S 第2条, 第3条; T). */
#define JK_ROLE_TABLE(X)                                                     \
	X(JK_ROLE_CHIEF, "chief-security-officer", "chief security officer", \
	    "セキュリティ統括責任者")                                        \
	X(JK_ROLE_SYSTEM_MANAGER, "system-manager", "system manager",        \
	    "システム管理者")                                                \
	X(JK_ROLE_SECURITY_OFFICER, "security-officer", "security officer",  \
	    "セキュリティ責任者")                                            \
	X(JK_ROLE_SECURITY_MANAGER, "security-manager", "security manager",  \
	    "セキュリティ管理者")                                            \
	X(JK_ROLE_ACCESS_MANAGER, "access-manager", "access manager",        \
	    "アクセス責任者")                                                \
	X(JK_ROLE_IDENTITY_OFFICER, "identity-info-officer",                 \
	    "identity information officer", "本人確認情報責任者")            \
	X(JK_ROLE_ENTRY_MANAGER, "entry-manager", "entry manager",           \
	    "入退室管理者")                                                  \
	X(JK_ROLE_AUDITOR, "auditor", "auditor", "監査人")

/* Dated facts that allow something. */
#define JK_APPROVAL_TABLE(X)                                                   \
	X(JK_APPROVAL_DELEGATION, "delegation", "delegation",                  \
	    "操作者管理権限の委譲")                                            \
	X(JK_APPROVAL_FALLBACK_PIN, "fallback-pin", "use of the fallback PIN", \
	    "操作者照合暗証番号の使用")                                        \
	X(JK_APPROVAL_AFTER_HOURS, "after-hours", "work after hours",          \
	    "業務時間外の利用")                                                \
	X(JK_APPROVAL_IDENTITY_INFO, "identity-info",                          \
	    "handling of identity information", "本人確認情報の取扱い")

/* Of a card, in Tottori's flows of issue and of return. REVOKED is zero. */
#define JK_CARD_STATE_TABLE(X)                                              \
	X(JK_CARD_REVOKED, "revoked", "revoked", "失効")                    \
	X(JK_CARD_REQUESTED, "requested", "requested", "発行申請")          \
	X(JK_CARD_APPLIED, "applied", "applied for", "発行申請済")          \
	X(JK_CARD_APPROVED, "approved", "approved", "発行許可")             \
	X(JK_CARD_ISSUED, "issued", "issued", "発行済")                     \
	X(JK_CARD_ACTIVE, "active", "in use", "使用中")                     \
	X(JK_CARD_RETURN_REQUESTED, "return-requested", "return requested", \
	    "返却申請")                                                     \
	X(JK_CARD_RETURN_APPLIED, "return-applied", "return applied for",   \
	    "返却申請済")                                                   \
	X(JK_CARD_RETURN_APPROVED, "return-approved", "return approved",    \
	    "返却許可")                                                     \
	X(JK_CARD_RETURNED, "returned", "returned", "返却済")

/* How often a PIN has to be changed (T-30). */
#define JK_PIN_CHANGE_TABLE(X)                                                \
	X(JK_PIN_SIX_MONTHS, "six-months", "within six months", "６か月以内") \
	X(JK_PIN_HALF_YEAR, "half-year", "in each half of the fiscal year",   \
	    "年度の半期ごと")                                                 \
	X(JK_PIN_NEVER, "never", "never", "期限なし")

/* In the order of struct tm. */
#define JK_WEEKDAY_TABLE(X)            \
	X(0, "sun", "Sunday", "日")    \
	X(1, "mon", "Monday", "月")    \
	X(2, "tue", "Tuesday", "火")   \
	X(3, "wed", "Wednesday", "水") \
	X(4, "thu", "Thursday", "木")  \
	X(5, "fri", "Friday", "金")    \
	X(6, "sat", "Saturday", "土")

/* Of rooms (S 第14条): the number is the level. */
#define JK_ROOM_LEVEL_TABLE(X)             \
	X(0, "none", "not said", "未設定") \
	X(1, "1", "level 1", "レベル1")    \
	X(2, "2", "level 2", "レベル2")    \
	X(3, "3", "level 3", "レベル3")

/* What is asked of a card's certificate beside being registered (jukinet.conf);
 * each level asks for all that the ones before it do. */
#define JK_TRUST_LEVEL_TABLE(X)                                               \
	X(JK_TRUST_REGISTERED, "registered", "registered", "登録のみ")        \
	X(JK_TRUST_CHAIN, "chain", "chain to a CA", "認証局の証明書の検証")   \
	X(JK_TRUST_CRL_SOFT, "crl-soft", "chain, and CRL where there is one", \
	    "失効リスト(あれば)の検証")                                       \
	X(JK_TRUST_CRL_HARD, "crl-hard", "chain, and CRL in date",            \
	    "失効リスト(必須)の検証")

/* Tables of the enums in protocol.h; the order is theirs. */
#define JK_PRESENT_TABLE(X)                                                   \
	X(JK_PRESENT_REQUIRED, "required", "as long as the session is used",  \
	    "使用中は挿入が必要")                                             \
	X(JK_PRESENT_AT_LOGIN, "at-login", "to log in and unlock",            \
	    "開始時と解除時に必要")                                           \
	X(JK_PRESENT_NEVER, "must-be-removed", "to be taken out after login", \
	    "開始後は抜き取る")
#define JK_REMOVAL_TABLE(X)                                        \
	X(JK_REMOVAL_LOCK, "lock", "locks", "画面をロック")        \
	X(JK_REMOVAL_LOGOUT, "logout", "ends the session", "終了") \
	X(JK_REMOVAL_NONE, "none", "nothing", "何もしない")
#define JK_LEFTOVERS_TABLE(X)                                        \
	X(JK_LEFTOVERS_WAIT, "wait", "are waited for", "終了を待つ") \
	X(JK_LEFTOVERS_END, "end", "are ended", "終了させる")

/* What is done with identity information (S 13条4項～6項; jact in a record). */
#define JK_ACTION_TABLE(X)                                          \
	X(JK_ACTION_SEARCH, "search", "search", "検索")             \
	X(JK_ACTION_VIEW, "view", "view", "閲覧")                   \
	X(JK_ACTION_INPUT, "input", "input", "入力")                \
	X(JK_ACTION_DELETE, "delete", "deletion", "削除")           \
	X(JK_ACTION_CORRECT, "correct", "correction", "訂正")       \
	X(JK_ACTION_EXTRACT, "extract", "extraction", "抽出")       \
	X(JK_ACTION_PRINT, "print", "print", "帳票出力")            \
	X(JK_ACTION_HARDCOPY, "hardcopy", "hardcopy of the screen", \
	    "画面のハードコピー")                                   \
	X(JK_ACTION_STORE, "store-media", "storing on a medium",    \
	    "記録媒体への保存")

/* By what it is searched (jkind in a record): the kind, never the key. */
#define JK_SEARCH_TABLE(X)                                                \
	X(JK_SEARCH_NONE, "none", "nothing", "なし")                      \
	X(JK_SEARCH_CODE, "code", "resident record code", "住民票コード") \
	X(JK_SEARCH_FOUR, "four-info", "the four items", "四情報")        \
	X(JK_SEARCH_NAME, "name", "name", "氏名")                         \
	X(JK_SEARCH_ADDRESS, "address", "address", "住所")                \
	X(JK_SEARCH_LIST, "list", "list", "一覧")                         \
	X(JK_SEARCH_CARD, "card", "card", "カード")

#define JK_WORD_ENUM(name, id, en, ja) name,
enum jk_class {
	JK_CLASS_TABLE(JK_WORD_ENUM) JK_CLASS_COUNT,
};
enum jk_business {
	JK_BUSINESS_TABLE(JK_WORD_ENUM) JK_BUSINESS_COUNT,
};
enum jk_function {
	JK_FUNCTION_TABLE(JK_WORD_ENUM) JK_FUNCTION_COUNT,
};
enum jk_card_kind {
	JK_CARD_KIND_TABLE(JK_WORD_ENUM) JK_CARD_KIND_COUNT,
};
enum jk_method {
	JK_METHOD_TABLE(JK_WORD_ENUM) JK_METHOD_COUNT,
};
enum jk_role_name {
	JK_ROLE_TABLE(JK_WORD_ENUM) JK_ROLE_COUNT,
};
enum jk_approval_kind {
	JK_APPROVAL_TABLE(JK_WORD_ENUM) JK_APPROVAL_COUNT,
};
enum jk_card_state {
	JK_CARD_STATE_TABLE(JK_WORD_ENUM) JK_CARD_STATE_COUNT,
};
enum jk_trust_level {
	JK_TRUST_LEVEL_TABLE(JK_WORD_ENUM) JK_TRUST_LEVEL_COUNT,
};
enum jk_pin_change {
	JK_PIN_CHANGE_TABLE(JK_WORD_ENUM) JK_PIN_CHANGE_COUNT,
};
enum jk_action {
	JK_ACTION_TABLE(JK_WORD_ENUM) JK_ACTION_COUNT,
};
enum jk_search {
	JK_SEARCH_TABLE(JK_WORD_ENUM) JK_SEARCH_COUNT,
};
#undef JK_WORD_ENUM

struct jk_word {
	const char *id, *en, *ja;
};

struct jk_words {
	const char *noun; /* "terminal class", for messages */
	size_t n;
	const struct jk_word *word;
	size_t first;      /* number of the first that a file may name */
	const char *fault; /* "not a terminal class (one of: cs ...)" */
};

extern const struct jk_words jk_classes, jk_businesses, jk_functions,
    jk_card_kinds, jk_methods, jk_role_names, jk_approval_kinds, jk_card_states,
    jk_weekdays, jk_room_levels, jk_trust_levels, jk_pin_changes, jk_presents,
    jk_removals, jk_leftovers, jk_actions, jk_searches;

/* Its number, or words->n when it is none of them. */
size_t jk_word_find(const struct jk_words *words, const char *id);
/* "?" for a number out of range. */
const char *jk_word_id(const struct jk_words *words, size_t number);

/* Bit of a number in a mask. */
static inline uint32_t
jk_bit(unsigned number)
{
	return UINT32_C(1) << number;
}

#endif
