/* A PKCS#11 module that stands before another one and fails on demand: tests/pkcs11_shim/__init__.py speaks to it.
 *
 * Environment: SHIM_MODULE, the real module; SHIM_CONTROL, a file that is read at every C_Sign and C_OpenSession:
 *
 *     PER-MILLE SEED KIND...
 *
 * In so many of 1,000 calls of C_Sign one of the kinds happens. Which call meets which kind follows from the seed and
 * the number of the call, counted over all processes in SHIM_CONTROL.count, so that a run can be had again. The kind
 * "down" also meets every C_OpenSession while it is listed. What happened is appended to SHIM_CONTROL.log, a line each;
 * so is every C_Login. SHIM_KEYPAD holds the PIN that a person would type into a token with a keypad of its own: the
 * token then says CKF_PROTECTED_AUTHENTICATION_PATH and takes a login without a PIN.
 *
 * Types and numbers: OASIS, PKCS#11 Cryptographic Token Interface Base Specification 2.40, 4.1 to 4.6 and appendix B.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef unsigned long ulong_t; /* CK_ULONG and everything made of it */
typedef unsigned char octet_t; /* CK_BYTE */

enum { GET_TOKEN_INFO = 6, OPEN_SESSION = 12, LOGIN = 18, SIGN = 43, FUNCTIONS = 68 };
enum { GENERAL_ERROR = 0x05, DEVICE_REMOVED = 0x32, PROTECTED_AUTHENTICATION_PATH = 0x100 };

struct function_list {
    octet_t version[2];
    void *functions[FUNCTIONS];
};

struct token_info { /* CK_TOKEN_INFO up to its flags */
    octet_t texts[96];
    ulong_t flags;
};

static const struct {
    const char *kind;
    ulong_t code;
} CODES[] = {
    {"general-error", GENERAL_ERROR},
    {"function-failed", 0x06},
    {"device-error", 0x30},
    {"device-memory", 0x31},
    {"device-removed", DEVICE_REMOVED},
    {"session-closed", 0xB0},
    {"session-handle-invalid", 0xB3},
    {"token-not-present", 0xE0},
    {"user-not-logged-in", 0x101},
    {"cryptoki-not-initialized", 0x190},
};

static struct function_list ours;
static void *theirs[FUNCTIONS];

static void beside_control(char *path, size_t size, const char *ending) {
    snprintf(path, size, "%s.%s", getenv("SHIM_CONTROL"), ending);
}

static void note(const char *what) {
    char path[4096];
    if (getenv("SHIM_CONTROL") == NULL)
        return;
    beside_control(path, sizeof path, "log");
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    dprintf(file, "%s\n", what);
    close(file);
}

/* The number of this call, over all processes. */
static uint64_t next_number(void) {
    char path[4096];
    beside_control(path, sizeof path, "count");
    int file = open(path, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, sizeof(uint64_t)) != 0)
        abort();
    uint64_t *count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    uint64_t number = __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
    munmap(count, sizeof *count);
    close(file);
    return number;
}

/* SplitMix64: well mixed bits from consecutive numbers. */
static uint64_t mixed(uint64_t seed, uint64_t number) {
    uint64_t z = seed + (number + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* What the control file says; the number of kinds, or 0 where there is no file. */
static int orders(char *text, size_t size, unsigned *rate, uint64_t *seed, char *kinds[], int most) {
    const char *control = getenv("SHIM_CONTROL");
    int file = control == NULL ? -1 : open(control, O_RDONLY);
    if (file < 0)
        return 0;
    ssize_t length = read(file, text, size - 1);
    close(file);
    text[length < 0 ? 0 : length] = '\0';
    char *rest = NULL, *word = strtok_r(text, " \n", &rest);
    *rate = word == NULL ? 0 : (unsigned)atoi(word);
    word = strtok_r(NULL, " \n", &rest);
    *seed = word == NULL ? 0 : strtoull(word, NULL, 10);
    int count = 0;
    while (count < most && (word = strtok_r(NULL, " \n", &rest)) != NULL)
        kinds[count++] = word;
    return count;
}

static int is_down(void) {
    char text[4096], *kinds[64];
    unsigned rate;
    uint64_t seed;
    int count = orders(text, sizeof text, &rate, &seed, kinds, 64);
    while (count-- > 0)
        if (strcmp(kinds[count], "down") == 0)
            return 1;
    return 0;
}

typedef ulong_t sign_t(ulong_t, octet_t *, ulong_t, octet_t *, ulong_t *);

static ulong_t sign(ulong_t session, octet_t *data, ulong_t size, octet_t *value, ulong_t *length) {
    sign_t *real = (sign_t *)theirs[SIGN];
    char text[4096], *kinds[64];
    unsigned rate;
    uint64_t seed;
    int count = orders(text, sizeof text, &rate, &seed, kinds, 64);
    if (count == 0 || value == NULL) /* without a place for the value it is only asked how long it will be */
        return real(session, data, size, value, length);
    uint64_t lot = mixed(seed, next_number());
    if (lot % 1000 >= rate)
        return real(session, data, size, value, length);
    const char *kind = kinds[(lot >> 32) % (unsigned)count];
    note(kind);
    if (strcmp(kind, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(kind, "hang") == 0)
        for (;;)
            pause();
    if (strcmp(kind, "slow") == 0)
        usleep(500 * 1000);
    if (strcmp(kind, "down") == 0)
        return DEVICE_REMOVED;
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (strcmp(kind, CODES[i].kind) == 0)
            return CODES[i].code;
    ulong_t answer = real(session, data, size, value, length);
    if (strcmp(kind, "wrong") == 0 && answer == 0)
        value[*length / 2] ^= 0x10;
    return answer;
}

static ulong_t open_session(ulong_t slot, ulong_t flags, void *application, void *notify, ulong_t *session) {
    typedef ulong_t open_t(ulong_t, ulong_t, void *, void *, ulong_t *);
    return is_down() ? DEVICE_REMOVED : ((open_t *)theirs[OPEN_SESSION])(slot, flags, application, notify, session);
}

static ulong_t login(ulong_t session, ulong_t user, octet_t *pin, ulong_t length) {
    typedef ulong_t login_t(ulong_t, ulong_t, octet_t *, ulong_t);
    char *keypad = getenv("SHIM_KEYPAD");
    note(pin == NULL ? "login-at-keypad" : "login");
    if (pin == NULL && keypad != NULL)
        return ((login_t *)theirs[LOGIN])(session, user, (octet_t *)keypad, strlen(keypad));
    return ((login_t *)theirs[LOGIN])(session, user, pin, length);
}

static ulong_t get_token_info(ulong_t slot, struct token_info *info) {
    typedef ulong_t info_t(ulong_t, struct token_info *);
    ulong_t answer = ((info_t *)theirs[GET_TOKEN_INFO])(slot, info);
    if (answer == 0 && getenv("SHIM_KEYPAD") != NULL)
        info->flags |= PROTECTED_AUTHENTICATION_PATH;
    return answer;
}

ulong_t C_GetFunctionList(struct function_list **list) {
    typedef ulong_t list_t(struct function_list **);
    struct function_list *real;
    const char *module = getenv("SHIM_MODULE");
    void *library = module == NULL ? NULL : dlopen(module, RTLD_NOW | RTLD_LOCAL);
    list_t *listed = library == NULL ? NULL : (list_t *)dlsym(library, "C_GetFunctionList");
    if (listed == NULL || listed(&real) != 0)
        return GENERAL_ERROR;
    memcpy(theirs, real->functions, sizeof theirs);
    ours = *real;
    ours.functions[3] = (void *)C_GetFunctionList;
    ours.functions[GET_TOKEN_INFO] = (void *)get_token_info;
    ours.functions[OPEN_SESSION] = (void *)open_session;
    ours.functions[LOGIN] = (void *)login;
    ours.functions[SIGN] = (void *)sign;
    *list = &ours;
    return 0;
}
