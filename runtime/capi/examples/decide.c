/* Decides messages with a bundle: the smallest enforcement point in C.
 *
 *     cc -std=c11 -I include examples/decide.c libmcpz_capi.a -lpthread -ldl -lm -o decide
 *     decide --bundle policy.mcpzb --server notes --as '{"kind":"agent","uid":1000}' '{"jsonrpc":"2.0",...}'
 *
 * One line for each message: effect, reason, rule. Ends with 0 when all are allowed, 1 when one is not, 2 when it could not
 * be asked. Whatever fails on the way is a denial: nothing here turns a failure into an allow.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mcpz.h"

enum { ALLOWED = 0, DENIED = 1, FAILED = 2, MOST_LABELS = 16 };

/* What the command line says. */
typedef struct {
    const char *bundle, *server, *chain, *scopes, *context;
    const char *labels[MOST_LABELS]; /* that the session holds */
    size_t label_count;
    uint8_t address[16];
    size_t address_len;
    int64_t now_ms;
    bool json;
    char **messages;
    int message_count;
} options;

static mcpz_bytes view(const char *text) {
    mcpz_bytes bytes = {(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
    return bytes;
}

static bool equals(mcpz_bytes bytes, const char *text) {
    return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

/* ---- what has happened before ---------------------------------------------------------------------------------
 * A real enforcement point asks its stores here. This one knows the labels that the session holds; nothing else
 * has happened. `user` is whatever the table says; a store that cannot be reached answers MCPZ_ANSWER_FAILED. */

static int32_t session_holds(void *user, mcpz_bytes label) {
    const options *given = user;
    for (size_t i = 0; i < given->label_count; i++)
        if (equals(label, given->labels[i])) return MCPZ_ANSWER_YES;
    return MCPZ_ANSWER_NO;
}

static int32_t isolated(void *user, int32_t what, mcpz_bytes server, mcpz_bytes name) {
    (void)user, (void)what, (void)server, (void)name;
    return MCPZ_ANSWER_NO;
}

static int32_t quarantined(void *user, mcpz_bytes server, mcpz_bytes tool) {
    (void)user, (void)server, (void)tool;
    return MCPZ_ANSWER_NO;
}

static int32_t carries(void *user, mcpz_bytes pointer, mcpz_bytes text, mcpz_bytes label) {
    (void)user, (void)pointer, (void)text, (void)label;
    return MCPZ_ANSWER_NO;
}

static int32_t seen_in(void *user, mcpz_bytes text, int32_t source, mcpz_bytes name) {
    (void)user, (void)text, (void)source, (void)name;
    return MCPZ_ANSWER_NO;
}

static int32_t history(void *user, const mcpz_history_query *query, mcpz_history_answer *answer) {
    (void)user;
    mcpz_history_answer none = {.kind = query->kind};
    *answer = none;
    return MCPZ_ANSWER_YES;
}

static int32_t approvals(void *user, const mcpz_approval **list, size_t *count) {
    (void)user, (void)list, (void)count;
    return MCPZ_ANSWER_NO;
}

static int32_t mfa_age_ms(void *user, int64_t *age_ms) {
    (void)user, (void)age_ms;
    return MCPZ_ANSWER_NO;
}

static int32_t grant_active(void *user, mcpz_bytes grant) {
    (void)user, (void)grant;
    return MCPZ_ANSWER_NO;
}

static int32_t limit_used(void *user, const mcpz_limit_query *query, mcpz_limit_used *used) {
    (void)user, (void)query;
    mcpz_limit_used none = {.retry_after_ms = -1};
    *used = none;
    return MCPZ_ANSWER_YES;
}

static mcpz_state state_of(options *given) {
    mcpz_state state = {
        .size = sizeof state,
        .user = given,
        .isolated = isolated,
        .quarantined = quarantined,
        .session_holds = session_holds,
        .carries = carries,
        .seen_in = seen_in,
        .history = history,
        .approvals = approvals,
        .mfa_age_ms = mfa_age_ms,
        .grant_active = grant_active,
        .limit_used = limit_used,
    };
    return state;
}

/* ---- deciding -------------------------------------------------------------------------------------------------- */

/* Says why a call failed and frees the text. */
static int fail(mcpz_status status, mcpz_text *error) {
    mcpz_bytes text = mcpz_text_bytes(error);
    if (text.data != NULL)
        fprintf(stderr, "decide: %.*s\n", (int)text.len, (const char *)text.data);
    else
        fprintf(stderr, "decide: %s\n", mcpz_status_name(status));
    mcpz_text_free(error);
    return FAILED;
}

static void print(const mcpz_decision *decision, const mcpz_program *program, bool json) {
    static const char *const effects[] = {[MCPZ_EFFECT_DENY] = "deny",
                                          [MCPZ_EFFECT_ALLOW] = "allow",
                                          [MCPZ_EFFECT_CHALLENGE] = "challenge"};
    mcpz_text *text = NULL;
    if (json && mcpz_decision_json(decision, program, &text) == MCPZ_STATUS_OK) {
        mcpz_bytes bytes = mcpz_text_bytes(text);
        printf("%.*s\n", (int)bytes.len, (const char *)bytes.data);
        mcpz_text_free(text);
        return;
    }
    mcpz_bytes reason = mcpz_decision_reason(decision), rule = mcpz_decision_rule(decision, program);
    if (rule.len == 0) rule = view("-");
    printf("%s %.*s %.*s\n", effects[mcpz_decision_effect(decision)], (int)reason.len, (const char *)reason.data,
           (int)rule.len, (const char *)rule.data);
}

static int decide_all(options *given, const mcpz_program *program, const mcpz_principal *principal) {
    /* One of each for every thread, used again and again. */
    mcpz_scratch *scratch = mcpz_scratch_new();
    mcpz_decision *decision = mcpz_decision_new();
    mcpz_state state = state_of(given);
    int result = ALLOWED;
    for (int i = 0; i < given->message_count; i++) {
        mcpz_request request = {
            .size = sizeof request,
            .server = view(given->server),
            .message = view(given->messages[i]),
            .context = view(given->context),
            .now_ms = given->now_ms,
            .direction = MCPZ_DIRECTION_TO_SERVER,
        };
        if (given->address_len > 0) {
            request.network.data = given->address;
            request.network.len = given->address_len;
        }
        /* The status says whether there is a decision; the decision is a denial when there is none. */
        mcpz_status status = mcpz_decide(program, principal, scratch, &request, &state, decision);
        if (status != MCPZ_STATUS_OK) fprintf(stderr, "decide: %s\n", mcpz_status_name(status));
        if (mcpz_decision_effect(decision) != MCPZ_EFFECT_ALLOW) result = DENIED;
        print(decision, program, given->json);
    }
    mcpz_decision_free(decision);
    mcpz_scratch_free(scratch);
    return result;
}

static int run(options *given, mcpz_bytes bundle) {
    mcpz_program *program = NULL;
    mcpz_principal *principal = NULL;
    mcpz_text *error = NULL;
    mcpz_status status = mcpz_program_load(bundle, &program, &error);
    if (status != MCPZ_STATUS_OK) return fail(status, error);
    status = mcpz_principal_new(program, view(given->chain), view(given->scopes), &principal, &error);
    int result = status == MCPZ_STATUS_OK ? decide_all(given, program, principal) : fail(status, error);
    mcpz_principal_free(principal);
    mcpz_program_free(program);
    return result;
}

/* ---- the command line ------------------------------------------------------------------------------------------ */

static uint8_t *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    uint8_t *bytes = NULL;
    size_t capacity = 0;
    *len = 0;
    for (;;) {
        if (*len == capacity) {
            capacity = capacity == 0 ? 65536 : capacity * 2;
            uint8_t *larger = realloc(bytes, capacity);
            if (larger == NULL) break;
            bytes = larger;
        }
        size_t count = fread(bytes + *len, 1, capacity - *len, file);
        *len += count;
        if (count == 0) {
            bool whole = !ferror(file);
            fclose(file);
            if (whole) return bytes;
            free(bytes);
            return NULL;
        }
    }
    fclose(file);
    free(bytes);
    return NULL;
}

static bool read_address(options *given, const char *text) {
    given->address_len = inet_pton(AF_INET, text, given->address) == 1    ? 4
                         : inet_pton(AF_INET6, text, given->address) == 1 ? 16
                                                                         : 0;
    return given->address_len > 0;
}

/* One option and its value; false when there is no such option or the value does not fit. */
static bool read_option(options *given, const char *name, const char *value) {
    if (strcmp(name, "--bundle") == 0) return (given->bundle = value) != NULL;
    if (strcmp(name, "--server") == 0) return (given->server = value) != NULL;
    if (strcmp(name, "--as") == 0) return (given->chain = value) != NULL;
    if (strcmp(name, "--scopes") == 0) return (given->scopes = value) != NULL;
    if (strcmp(name, "--context") == 0) return (given->context = value) != NULL;
    if (strcmp(name, "--ip") == 0) return read_address(given, value);
    if (strcmp(name, "--at") == 0) {
        char *end = NULL;
        given->now_ms = strtoll(value, &end, 10);
        return end != value && *end == '\0';
    }
    if (strcmp(name, "--holds") == 0 && given->label_count < MOST_LABELS) {
        given->labels[given->label_count++] = value;
        return true;
    }
    return false;
}

static bool read_options(options *given, int count, char **words) {
    int at = 1;
    while (at < count && strncmp(words[at], "--", 2) == 0) {
        if (strcmp(words[at], "--json") == 0) {
            given->json = true;
            at += 1;
        } else if (at + 1 < count && read_option(given, words[at], words[at + 1])) {
            at += 2;
        } else {
            return false;
        }
    }
    given->messages = words + at;
    given->message_count = count - at;
    return given->bundle != NULL && given->server != NULL && given->chain != NULL && given->message_count > 0;
}

int main(int count, char **words) {
    options given = {.now_ms = (int64_t)time(NULL) * 1000};
    if (mcpz_abi_version() != MCPZ_ABI_VERSION) {
        fprintf(stderr, "decide: the library is of another version than the header\n");
        return FAILED;
    }
    if (!read_options(&given, count, words)) {
        fprintf(stderr,
                "usage: decide --bundle FILE --server NAME --as JSON [--scopes JSON] [--at MS] [--context JSON]\n"
                "              [--ip ADDRESS] [--holds LABEL].. [--json] MESSAGE..\n");
        return FAILED;
    }
    size_t len = 0;
    uint8_t *bundle = read_file(given.bundle, &len);
    if (bundle == NULL) {
        fprintf(stderr, "decide: %s cannot be read\n", given.bundle);
        return FAILED;
    }
    mcpz_bytes bytes = {bundle, len};
    int result = run(&given, bytes);
    free(bundle);
    return result;
}
