/* The C interface of the mcpz runtime.
 *
 * Written by `cargo xtask codegen` from runtime/capi/src. Do not edit.
 * How to use it: runtime/capi/README.md and runtime/capi/examples/decide.c.
 *
 * Each function says who owns what and which threads may call it; under `Safety` it says what it asks of the caller. */

#ifndef MCPZ_H
#define MCPZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The version of this ABI. It grows when a function or a structure changes in a way that a compiled caller
 * would notice; new functions alone do not change it.
 */
#define MCPZ_ABI_VERSION 1

/**
 * An answer: no; also that there is none.
 */
#define MCPZ_ANSWER_NO 0

/**
 * An answer: yes; also that the out parameter holds the answer.
 */
#define MCPZ_ANSWER_YES 1

/**
 * An answer: the store could not be asked. Any other number means the same.
 */
#define MCPZ_ANSWER_FAILED -1

/**
 * `what` of `isolated`: the server.
 */
#define MCPZ_ISOLATED_SERVER 0

/**
 * `what` of `isolated`: the tool `name` of the server.
 */
#define MCPZ_ISOLATED_TOOL 1

/**
 * `what` of `isolated`: the agent whose subject is `name`; the server is absent.
 */
#define MCPZ_ISOLATED_AGENT 2

/**
 * `source` of `seen_in`: a data set.
 */
#define MCPZ_SEEN_IN_DATA 0

/**
 * `source` of `seen_in`: results that carry a label.
 */
#define MCPZ_SEEN_IN_LABEL 1

/**
 * `kind` of a history question and its answer: a count.
 */
#define MCPZ_QUERY_COUNT 1

/**
 * `kind` of a history question and its answer: a sum.
 */
#define MCPZ_QUERY_SUM 2

/**
 * `kind` of a history question and its answer: whether a sequence of calls happened.
 */
#define MCPZ_QUERY_SEQUENCE 3

/**
 * `by`: per session.
 */
#define MCPZ_KEY_SESSION 0

/**
 * `by`: per user.
 */
#define MCPZ_KEY_USER 1

/**
 * `by`: per agent.
 */
#define MCPZ_KEY_AGENT 2

/**
 * `by`: per caller.
 */
#define MCPZ_KEY_CALLER 3

/**
 * The most approvals of one call, and classes of one approver, that are read; more is a failure of the store.
 */
#define MCPZ_MAX_APPROVALS 1024

/**
 * `direction`: what clients ask of servers.
 */
#define MCPZ_DIRECTION_TO_SERVER 0

/**
 * `direction`: what servers ask of clients.
 */
#define MCPZ_DIRECTION_TO_CLIENT 1

/**
 * How a call ended. The numbers and names are stable; whatever is not `MCPZ_STATUS_OK` means that nothing was
 * decided, and is to be treated as a denial.
 */
enum mcpz_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It was done. Of `mcpz_decide`: there is a decision, which may well be a denial.
   */
  MCPZ_STATUS_OK = 0,
  /**
   * A pointer that must not be null is null, or is not aligned as its type asks.
   */
  MCPZ_STATUS_BAD_POINTER = 1,
  /**
   * A length or number that cannot be: longer than any memory, an address that has neither 4 nor 16 bytes, no
   * direction.
   */
  MCPZ_STATUS_BAD_VALUE = 2,
  /**
   * A structure's `size` is not that of this version of the ABI.
   */
  MCPZ_STATUS_BAD_SIZE = 3,
  /**
   * A text is not UTF-8.
   */
  MCPZ_STATUS_NOT_UTF8 = 4,
  /**
   * The verifier refused the bundle.
   */
  MCPZ_STATUS_BUNDLE_REFUSED = 5,
  /**
   * The credential is not of the documented form.
   */
  MCPZ_STATUS_BAD_PRINCIPAL = 6,
  /**
   * The principal or the decision was made with another program.
   */
  MCPZ_STATUS_OTHER_PROGRAM = 7,
  /**
   * The scratch memory is in use: by another thread, or by the call that this one is made from.
   */
  MCPZ_STATUS_BUSY = 8,
  /**
   * The library failed; this is a defect of mcpz.
   */
  MCPZ_STATUS_PANICKED = 9,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mcpz_status mcpz_status;
#else
typedef int32_t mcpz_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What happens to the message. Zero is the denial.
 */
enum mcpz_effect
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It does not reach the other side.
   */
  MCPZ_EFFECT_DENY = 0,
  /**
   * It is forwarded, and the obligations are carried out.
   */
  MCPZ_EFFECT_ALLOW = 1,
  /**
   * It does not reach the other side, but would if what is unmet were met.
   */
  MCPZ_EFFECT_CHALLENGE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mcpz_effect mcpz_effect;
#else
typedef int32_t mcpz_effect;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a denial is shown to the one who asked. Zero is the strictest.
 */
enum mcpz_show
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * As if the target did not exist.
   */
  MCPZ_SHOW_HIDE = 0,
  /**
   * With the reason.
   */
  MCPZ_SHOW_EXPLAIN = 1,
  /**
   * With what would have to be met.
   */
  MCPZ_SHOW_STEP_UP = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mcpz_show mcpz_show;
#else
typedef int32_t mcpz_show;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A decision, filled by `mcpz_decide` again and again. One thread at a time uses it.
 */
typedef struct mcpz_decision mcpz_decision;

/**
 * Who asks. It never changes: any number of threads use it for any number of decisions at the same time.
 */
typedef struct mcpz_principal mcpz_principal;

/**
 * A verified bundle. It never changes: any number of threads use one at the same time, without a lock.
 */
typedef struct mcpz_program mcpz_program;

/**
 * Memory that is reused from decision to decision. One thread at a time uses it: make one for each.
 */
typedef struct mcpz_scratch mcpz_scratch;

/**
 * A text that the library made and the caller frees.
 */
typedef struct mcpz_text mcpz_text;

/**
 * A view of `len` bytes at `data`; texts are UTF-8 and do not end with a NUL byte. With `len` 0 nothing is read, and
 * `data` may be null; whether that means empty or absent is said where it is used.
 */
typedef struct {
  /**
   * The first byte.
   */
  const uint8_t *data;
  /**
   * How many bytes there are.
   */
  size_t len;
} mcpz_bytes;

/**
 * An exact decimal number below 10^20, times 10^18, in 128 bits of two's complement: `high * 2^64 + low`.
 */
typedef struct {
  /**
   * The lower 64 bits.
   */
  uint64_t low;
  /**
   * The upper 64 bits, with the sign.
   */
  int64_t high;
} mcpz_decimal;

/**
 * What is asked. Set all of it to zero, then `size`, then the rest.
 */
typedef struct {
  /**
   * `sizeof(mcpz_request)`, by which the library knows this structure.
   */
  size_t size;
  /**
   * The server at one end of the connection, by its name in the policy.
   */
  mcpz_bytes server;
  /**
   * One JSON-RPC message, exactly as it is to be forwarded.
   */
  mcpz_bytes message;
  /**
   * What is known of `context`: a JSON object; absent when nothing is.
   */
  mcpz_bytes context;
  /**
   * The peer's address in network byte order, 4 or 16 bytes; absent for a peer that is not on the network (stdio).
   */
  mcpz_bytes network;
  /**
   * The time, milliseconds since the Unix epoch.
   */
  int64_t now_ms;
  /**
   * `MCPZ_DIRECTION_TO_SERVER` or `MCPZ_DIRECTION_TO_CLIENT`.
   */
  int32_t direction;
} mcpz_request;

/**
 * A question about past calls.
 */
typedef struct {
  /**
   * Canonical text: the question's identity, as `mcpz build --emit rules` prints it.
   */
  mcpz_bytes text;
  /**
   * `MCPZ_QUERY_COUNT`, `.._SUM` or `.._SEQUENCE`.
   */
  int32_t kind;
  /**
   * Per what it is counted: `MCPZ_KEY_SESSION` ...
   */
  int32_t by;
} mcpz_history_query;

/**
 * Its answer. One of another kind than asked for is a failure.
 */
typedef struct {
  /**
   * Which of the members below is the answer: a `MCPZ_QUERY_..`. It comes in as 0.
   */
  int32_t kind;
  /**
   * Of a sequence: `MCPZ_ANSWER_YES` or `MCPZ_ANSWER_NO`.
   */
  int32_t sequence;
  /**
   * Of a count.
   */
  int64_t count;
  /**
   * Of a sum.
   */
  mcpz_decimal sum;
} mcpz_history_answer;

/**
 * Someone approved this exact call.
 */
typedef struct {
  /**
   * Subject of the approver.
   */
  mcpz_bytes approver;
  /**
   * Names of the classes that the approver belongs to.
   */
  const mcpz_bytes *classes;
  /**
   * How many classes there are.
   */
  size_t class_count;
  /**
   * How long ago, not negative.
   */
  int64_t age_ms;
} mcpz_approval;

/**
 * How much of a limit is used.
 */
typedef struct {
  /**
   * The id of the rule.
   */
  mcpz_bytes rule;
  /**
   * Over what window, in milliseconds.
   */
  int64_t window_ms;
  /**
   * Per what it is counted: `MCPZ_KEY_SESSION` ...
   */
  int32_t by;
} mcpz_limit_query;

/**
 * What a limit has left. It comes in as used up.
 */
typedef struct {
  /**
   * Used up within the window.
   */
  mcpz_decimal used;
  /**
   * When there will be room again; -1 when that is not known.
   */
  int64_t retry_after_ms;
} mcpz_limit_used;

/**
 * The callbacks, bound to one request: they know its session and caller. Set all of it to zero, then `size`, then
 * the rest.
 *
 * Each gets `user` back as its first argument, and answers `MCPZ_ANSWER_NO`, `MCPZ_ANSWER_YES`, or anything else
 * for a failure. Views that it gets live until it returns; what `approvals` gives must live until the decision is
 * made. A callback that is null fails.
 */
typedef struct {
  /**
   * `sizeof(mcpz_state)`, by which the library knows this structure.
   */
  size_t size;
  /**
   * Handed to each callback; the library never looks at it.
   */
  void *user;
  /**
   * Whether a server, tool or agent is isolated: `what` is one of `MCPZ_ISOLATED_..`.
   */
  int32_t (*isolated)(void *user, int32_t what, mcpz_bytes server, mcpz_bytes name);
  /**
   * Whether this tool is quarantined (it changed under its pin).
   */
  int32_t (*quarantined)(void *user, mcpz_bytes server, mcpz_bytes tool);
  /**
   * Whether the session holds this label.
   */
  int32_t (*session_holds)(void *user, mcpz_bytes label);
  /**
   * Whether the argument at this JSON pointer carries the label; `text` is its value when that is a scalar, else
   * absent.
   */
  int32_t (*carries)(void *user, mcpz_bytes pointer, mcpz_bytes text, mcpz_bytes label);
  /**
   * Whether this value was seen: `source` is one of `MCPZ_SEEN_IN_..`, `name` its name.
   */
  int32_t (*seen_in)(void *user, mcpz_bytes text, int32_t source, mcpz_bytes name);
  /**
   * Answers a history question: `MCPZ_ANSWER_YES` when `*answer` is set.
   */
  int32_t (*history)(void *user, const mcpz_history_query *query, mcpz_history_answer *answer);
  /**
   * Approvals of this exact call: `MCPZ_ANSWER_YES` when `*list` and `*count` are set, `MCPZ_ANSWER_NO` when
   * there are none.
   */
  int32_t (*approvals)(void *user, const mcpz_approval **list, size_t *count);
  /**
   * How long ago the user last proved presence with a second factor: `MCPZ_ANSWER_YES` when `*age_ms` is set,
   * `MCPZ_ANSWER_NO` for never.
   */
  int32_t (*mfa_age_ms)(void *user, int64_t *age_ms);
  /**
   * Whether the caller holds this grant now.
   */
  int32_t (*grant_active)(void *user, mcpz_bytes grant);
  /**
   * How much of a limit is used: `MCPZ_ANSWER_YES` when `*used` is set.
   */
  int32_t (*limit_used)(void *user, const mcpz_limit_query *query, mcpz_limit_used *used);
} mcpz_state;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The `MCPZ_ABI_VERSION` that the library was built with. A caller that loads the library at run time compares it
 * with that of its header, and does not go on when they differ.
 *
 * Threads: any, at any time.
 */
uint32_t mcpz_abi_version(void);

/**
 * The name of a status, for logs: `boundary_bad_pointer`. Of a number that is no status, `boundary_unknown`.
 *
 * Ownership: the text is static and ends with a NUL byte. Threads: any, at any time.
 */
const char *mcpz_status_name(int32_t status);

/**
 * The bytes of a text; absent for null. A NUL byte follows them, which `len` does not count.
 *
 * Ownership: the view lives as long as the text. Threads: any; a text never changes.
 *
 * Safety:
 * `text` is null, or came from this library and was not freed.
 */
mcpz_bytes mcpz_text_bytes(const mcpz_text *text);

/**
 * Frees a text; null is nothing to free.
 *
 * Ownership: takes the text. Threads: any, when no other uses it.
 *
 * Safety:
 * `text` is null, or came from this library, was not freed, and nobody uses it or a view of it any more.
 */
void mcpz_text_free(mcpz_text *text);

/**
 * Verifies a bundle. `MCPZ_STATUS_OK`: `*program` is a new handle. Otherwise `*program` is null, and `*error`,
 * when `error` is given, is a text of the form `boundary_bundle_refused: section code, row 3: jump out of the
 * block`.
 *
 * Ownership: the bytes are used during the call only; the handle and the text belong to the caller, who frees them
 * with `mcpz_program_free` and `mcpz_text_free`. Threads: any, at any time; the handle may be used by all.
 *
 * Safety:
 * `bundle` is readable for its length; `program` and `error` are null or point at memory for one pointer.
 */
mcpz_status mcpz_program_load(mcpz_bytes bundle, mcpz_program **program, mcpz_text **error);

/**
 * Writes the digest of the bundle, 32 bytes, to `digest`; zeros when there is no program.
 *
 * Threads: any, at any time.
 *
 * Safety:
 * `program` is null, or came from `mcpz_program_load` and was not freed; `digest` is null or points at 32 writable
 * bytes.
 */
mcpz_status mcpz_program_digest(const mcpz_program *program, uint8_t *digest);

/**
 * Frees a program; null is nothing to free.
 *
 * Ownership: takes the program. Principals and decisions that were made with it stay, and are of use only to be
 * read and freed. Threads: any, when no other uses it.
 *
 * Safety:
 * `program` is null, or came from `mcpz_program_load`, was not freed, and nobody uses it any more.
 */
void mcpz_program_free(mcpz_program *program);

/**
 * Makes a principal of a verified credential, for decisions with this program.
 *
 * `chain` is JSON: `null` or `"anonymous"`, one link or a list of links, outermost actor first, the user last:
 * `[{"kind": "agent", "issuer": "corp", "claims": {"sub": "agent:1"}}, {"kind": "user", "issuer": "corp",
 * "claims": {..}}]`. A link has `kind` (`"agent"` or `"user"`) and exactly one of `issuer`, `spiffe` and `uid`.
 * `scopes` is a JSON list of strings, or absent. The library does not verify credentials: the caller has done so.
 *
 * `MCPZ_STATUS_OK`: `*principal` is a new handle. Otherwise `*principal` is null, and `*error`, when `error` is
 * given and the JSON is at fault, is a text that says what is wrong. A chain that the bundle does not know (an
 * issuer it does not declare, claims of another type) is no error here: each decision denies it, with the reason
 * `credential`.
 *
 * Ownership: the texts are used during the call only; the handle and the text belong to the caller, who frees them
 * with `mcpz_principal_free` and `mcpz_text_free`. Threads: any, at any time; the handle may be used by all.
 *
 * Safety:
 * `program` is null, or came from `mcpz_program_load` and was not freed; `chain` and `scopes` are readable for
 * their lengths; `principal` and `error` are null or point at memory for one pointer.
 */
mcpz_status mcpz_principal_new(const mcpz_program *program,
                               mcpz_bytes chain,
                               mcpz_bytes scopes,
                               mcpz_principal **principal,
                               mcpz_text **error);

/**
 * Frees a principal; null is nothing to free.
 *
 * Ownership: takes the principal. Threads: any, when no other uses it.
 *
 * Safety:
 * `principal` is null, or came from `mcpz_principal_new`, was not freed, and nobody uses it any more.
 */
void mcpz_principal_free(mcpz_principal *principal);

/**
 * Reads a decimal number (`12.50`) for an answer, exactly. When it cannot be, `*number` is the largest that there
 * is.
 *
 * Threads: any, at any time.
 *
 * Safety:
 * `text` is readable for its length; `number` is null or points at a writable `mcpz_decimal`.
 */
mcpz_status mcpz_decimal_parse(mcpz_bytes text, mcpz_decimal *number);

/**
 * New scratch memory. Null when there is none.
 *
 * Ownership: it belongs to the caller, who frees it with `mcpz_scratch_free`. Threads: any; it is used by one
 * thread at a time, and a second use at the same time is refused with `MCPZ_STATUS_BUSY`.
 */
mcpz_scratch *mcpz_scratch_new(void);

/**
 * Frees scratch memory; null is nothing to free.
 *
 * Ownership: takes the memory. Threads: any, when no other uses it.
 *
 * Safety:
 * `scratch` is null, or came from `mcpz_scratch_new`, was not freed, and nobody uses it any more.
 */
void mcpz_scratch_free(mcpz_scratch *scratch);

/**
 * Decides one message, and fills `*decision`. Whatever is returned, `decision` holds a decision afterwards: with
 * `MCPZ_STATUS_OK` the one that was made, otherwise a denial whose reason is the name of the status. (When
 * `decision` itself is null there is nothing to fill, and nothing was decided: deny.)
 *
 * `state` answers what has happened before; null stands for a state in which nothing has (no label is held, no
 * limit is used, nothing is isolated), which is right only where no such state is kept.
 *
 * Ownership: everything but `decision` and `scratch` is only read, during the call only. Threads: any. Programs
 * and principals are shared freely; a scratch and a decision belong to one thread at a time. The callbacks of
 * `state` are called on this thread, before this function returns. They may decide with another scratch, not with
 * this one.
 *
 * Safety:
 * Each handle is null, or came from this library and was not freed; no other thread uses `decision`. `request` and
 * `state` are null, or point at a structure of the size that stands in its first member; its views are readable
 * for their lengths. The callbacks keep what `mcpz_state` asks of them, and neither throw nor jump out.
 */
mcpz_status mcpz_decide(const mcpz_program *program,
                        const mcpz_principal *principal,
                        const mcpz_scratch *scratch,
                        const mcpz_request *request,
                        const mcpz_state *state,
                        mcpz_decision *decision);

/**
 * A new decision, which is a denial until `mcpz_decide` fills it. Null when there is no memory.
 *
 * Ownership: it belongs to the caller, who frees it with `mcpz_decision_free`. Threads: any; a decision is used by
 * one thread at a time.
 */
mcpz_decision *mcpz_decision_new(void);

/**
 * Frees a decision; null is nothing to free.
 *
 * Ownership: takes the decision. Threads: any, when no other uses it.
 *
 * Safety:
 * `decision` is null, or came from `mcpz_decision_new`, was not freed, and nobody uses it any more.
 */
void mcpz_decision_free(mcpz_decision *decision);

/**
 * What happens to the message. A null decision is a denial.
 *
 * Threads: that which uses the decision.
 *
 * Safety:
 * `decision` is null, or came from `mcpz_decision_new` and was not freed.
 */
mcpz_effect mcpz_decision_effect(const mcpz_decision *decision);

/**
 * The stable word that says why: `forbidden`, `no_permit`, `input_syntax` ..., or the name of a status when
 * nothing could be decided.
 *
 * Ownership: the view is of static memory. Threads: that which uses the decision.
 *
 * Safety:
 * `decision` is null, or came from `mcpz_decision_new` and was not freed.
 */
mcpz_bytes mcpz_decision_reason(const mcpz_decision *decision);

/**
 * How a denial is shown. Of a null decision: not at all.
 *
 * Threads: that which uses the decision.
 *
 * Safety:
 * `decision` is null, or came from `mcpz_decision_new` and was not freed.
 */
mcpz_show mcpz_decision_show(const mcpz_decision *decision);

/**
 * The id of the rule that determined the decision; absent when no rule did, or the program is not the one that
 * decided.
 *
 * Ownership: the view is of memory of the decision, and lives until that is filled again or freed. Threads: that which
 * uses the decision.
 *
 * Safety:
 * Each handle is null, or came from this library and was not freed.
 */
mcpz_bytes mcpz_decision_rule(const mcpz_decision *decision, const mcpz_program *program);

/**
 * Whether it is known when a limit will have room again; `*milliseconds` is how long that takes, or 0.
 *
 * Threads: that which uses the decision.
 *
 * Safety:
 * `decision` is null, or came from `mcpz_decision_new` and was not freed; `milliseconds` is null or points at a
 * writable number.
 */
bool mcpz_decision_retry_after_ms(const mcpz_decision *decision, int64_t *milliseconds);

/**
 * Writes the digest of the bundle that decided, 32 bytes; zeros when none did.
 *
 * Threads: that which uses the decision.
 *
 * Safety:
 * `decision` is null, or came from `mcpz_decision_new` and was not freed; `digest` is null or points at 32
 * writable bytes.
 */
mcpz_status mcpz_decision_digest(const mcpz_decision *decision, uint8_t *digest);

/**
 * The whole decision as JSON: effect, reason, rule, what is unmet, obligations, errors, shadow rules.
 * `docs/cli.md` documents the form. `MCPZ_STATUS_OK`: `*json` is a new text. Otherwise it is null.
 *
 * Ownership: the text belongs to the caller, who frees it with `mcpz_text_free`. Threads: that which uses the
 * decision.
 *
 * Safety:
 * Each handle is null, or came from this library and was not freed; `json` is null or points at memory for one
 * pointer.
 */
mcpz_status mcpz_decision_json(const mcpz_decision *decision, const mcpz_program *program, mcpz_text **json);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MCPZ_H */
