/* Faults at the file operations of an unchanged program: load it with LD_PRELOAD.

   The calls that change files below FAULT_ROOT are counted from 1; failing ones count too.

     FAULT_ROOT   the directory that is watched
     FAULT_TRACE  a file that gets a line for every operation:
                    operation TAB result TAB offset TAB byte count TAB path TAB second path
     FAULT_BYTES  a file that gets the bytes of every write, in the order of the trace
     FAULT_AT     the number of the operation that the fault hits
     FAULT_KIND   kill         SIGKILL instead of the operation
                  kill-after   SIGKILL when it is done
                  torn         half of a write, then SIGKILL; another operation: kill-after
                  short        half of a write, which returns so; another operation: none
                  interrupted  EINTR, once
                  eio, enospc  the operation fails
                  stall        the operation does not end
                  stop         SIGTERM, then the operation
     FAULT_WHILE  a file: as long as it exists, every write, creation and synchronisation from
                  FAULT_AT on fails with ENOSPC
     FAULT_NO_EXCHANGE  if set, the file system cannot exchange two directories
     FAULT_FREE   a file with the number of free bytes that statvfs reports, while the file exists

   The log uses no buffer of the C library, so it is whole whenever the process ends. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };
typedef enum { NONE, KILL, KILL_AFTER, TORN, SHORT, FAIL, STALL } fault;

static char root[PATH_SIZE];
static size_t root_length;
static const char *kind, *full_while, *free_bytes;
static long at;
static int has_no_exchange;
static int trace = -1, bytes = -1;
static atomic_long count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int open_log(const char *name) {
  const char *path = getenv(name);
  if (!path) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static long number(const char *name) {
  const char *text = getenv(name);
  return text ? atol(text) : 0;
}

__attribute__((constructor)) static void begin(void) {
  const char *directory = getenv("FAULT_ROOT");
  if (directory) root_length = strlen(strncpy(root, directory, PATH_SIZE - 1));
  kind = getenv("FAULT_KIND");
  full_while = getenv("FAULT_WHILE");
  free_bytes = getenv("FAULT_FREE");
  at = number("FAULT_AT");
  has_no_exchange = getenv("FAULT_NO_EXCHANGE") != NULL;
  trace = open_log("FAULT_TRACE");
  bytes = open_log("FAULT_BYTES");
}

static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/* The absolute path of `path`, links not followed, in `buffer`. */
static const char *absolute(const char *path, char *buffer) {
  if (path[0] == '/') return strncpy(buffer, path, PATH_SIZE - 1);
  if (!getcwd(buffer, PATH_SIZE)) return path;
  size_t length = strlen(buffer);
  snprintf(buffer + length, PATH_SIZE - length, "/%s", path);
  return buffer;
}

static const char *path_of(int descriptor, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, buffer, PATH_SIZE - 1);
  buffer[length < 0 ? 0 : length] = 0;
  return buffer;
}

static int is_watched(const char *path) {
  return root_length && !strncmp(path, root, root_length)
         && (path[root_length] == '/' || path[root_length] == 0);
}

/* The fault for the next operation; sets errno if it is a failure. */
static fault next(int needs_space) {
  long current = atomic_fetch_add(&count, 1) + 1;
  if (full_while) {
    if (current < at || !needs_space || syscall(SYS_access, full_while, F_OK) != 0) return NONE;
    errno = ENOSPC;
    return FAIL;
  }
  if (!kind || current != at) return NONE;
  if (!strcmp(kind, "kill")) return KILL;
  if (!strcmp(kind, "kill-after")) return KILL_AFTER;
  if (!strcmp(kind, "torn")) return TORN;
  if (!strcmp(kind, "short")) return SHORT;
  if (!strcmp(kind, "stall")) return STALL;
  if (!strcmp(kind, "stop")) return kill(getpid(), SIGTERM), NONE;
  errno = !strcmp(kind, "eio") ? EIO : !strcmp(kind, "enospc") ? ENOSPC : EINTR;
  return FAIL;
}

static void note(
    const char *operation, long result, off_t offset, size_t length, const char *path,
    const char *second) {
  if (trace < 0) return;
  char line[2 * PATH_SIZE + 128];
  int size = snprintf(
      line, sizeof line, "%s\t%ld\t%lld\t%zu\t%s\t%s\n", operation, result, (long long)offset,
      length, path, second);
  syscall(SYS_write, trace, line, (size_t)size);
}

/* Records that an operation does not end, and does not return. */
static void stall(void) {
  note("stall", 0, 0, 0, root, "");
  for (;;) pause();
}

/* One watched operation: the fault before it, the operation, its line, the fault after it. */
#define WATCHED(name, needs_space, path, second, call)                 \
  do {                                                                 \
    pthread_mutex_lock(&lock);                                         \
    fault what = next(needs_space);                                    \
    if (what == KILL) die();                                           \
    if (what == STALL) stall();                                        \
    int failure = what == FAIL ? errno : 0;                            \
    long result = failure ? -1 : (long)(call);                         \
    int error = failure ? failure : errno;                             \
    note(name, result < 0 ? -error : 0, 0, 0, path, second);           \
    if (what == KILL_AFTER || what == TORN) die();                     \
    pthread_mutex_unlock(&lock);                                       \
    errno = error;                                                     \
    return (int)result;                                                \
  } while (0)

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static ssize_t watched_write(
    const char *name, int descriptor, const void *data, size_t length, off_t offset,
    int is_positioned) {
  char buffer[PATH_SIZE];
  const char *path = path_of(descriptor, buffer);
  if (!is_watched(path)) {
    return is_positioned ? syscall(SYS_pwrite64, descriptor, data, length, offset)
                         : syscall(SYS_write, descriptor, data, length);
  }
  pthread_mutex_lock(&lock);
  fault what = next(1);
  if (what == KILL) die();
  if (what == STALL) stall();
  int error = errno;
  ssize_t written = -1;
  if (what != FAIL) {
    size_t wanted = (what == SHORT || what == TORN) && length > 1 ? length / 2 : length;
    if (!is_positioned) {
      int is_appending = (int)syscall(SYS_fcntl, descriptor, F_GETFL) & O_APPEND;
      offset = lseek(descriptor, 0, is_appending ? SEEK_END : SEEK_CUR);
    }
    written = is_positioned ? syscall(SYS_pwrite64, descriptor, data, wanted, offset)
                            : syscall(SYS_write, descriptor, data, wanted);
    error = errno;
    if (written > 0 && bytes >= 0) syscall(SYS_write, bytes, data, (size_t)written);
  }
  note(name, written < 0 ? -error : 0, offset, written < 0 ? 0 : (size_t)written, path, "");
  if (what == KILL_AFTER || what == TORN) die();
  pthread_mutex_unlock(&lock);
  errno = error;
  return written;
}

ssize_t write(int descriptor, const void *data, size_t length) {
  return watched_write("write", descriptor, data, length, 0, 0);
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
  return watched_write("write", descriptor, data, length, offset, 1);
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t offset) {
  return watched_write("write", descriptor, data, length, offset, 1);
}

static int opened(const char *given, int flags, mode_t mode) {
  char buffer[PATH_SIZE] = {0};
  const char *path = absolute(given, buffer);
  if (!(flags & (O_CREAT | O_TRUNC)) || !is_watched(path))
    return (int)syscall(SYS_openat, AT_FDCWD, given, flags, mode);
  const char *name = flags & O_TRUNC ? "create-empty" : "create";
  int needs_space = syscall(SYS_access, given, F_OK) != 0;
  WATCHED(name, needs_space, path, "", syscall(SYS_openat, AT_FDCWD, given, flags, mode));
}

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  return opened(path, flags, mode);
}

int fsync(int descriptor) {
  char buffer[PATH_SIZE];
  const char *path = path_of(descriptor, buffer);
  if (!is_watched(path)) return (int)syscall(SYS_fsync, descriptor);
  WATCHED("fsync", 1, path, "", syscall(SYS_fsync, descriptor));
}

int ftruncate(int descriptor, off_t length) {
  char buffer[PATH_SIZE];
  const char *path = path_of(descriptor, buffer);
  if (!is_watched(path)) return (int)syscall(SYS_ftruncate, descriptor, length);
  char size[32];
  snprintf(size, sizeof size, "%lld", (long long)length);
  WATCHED("truncate", 0, path, size, syscall(SYS_ftruncate, descriptor, length));
}

int ftruncate64(int descriptor, off64_t length) { return ftruncate(descriptor, length); }

/* An operation on one name, and one on two. */
#define ON_PATH(name, needs_space, parameters, ...)                         \
  int name parameters {                                                     \
    char buffer[PATH_SIZE] = {0};                                           \
    const char *absolute_path = absolute(path, buffer);                     \
    if (!is_watched(absolute_path)) return REAL(name)(__VA_ARGS__);         \
    WATCHED(#name, needs_space, absolute_path, "", REAL(name)(__VA_ARGS__)); \
  }

ON_PATH(mkdir, 1, (const char *path, mode_t mode), path, mode)
ON_PATH(unlink, 0, (const char *path), path)
ON_PATH(rmdir, 0, (const char *path), path)
ON_PATH(remove, 0, (const char *path), path)

#define ON_TWO_PATHS(name, label, parameters, ...)                                  \
  int name parameters {                                                             \
    char buffers[2][PATH_SIZE] = {{0}, {0}};                                        \
    const char *from = absolute(source, buffers[0]), *to = absolute(target, buffers[1]); \
    if (!is_watched(to)) return REAL(name)(__VA_ARGS__);                            \
    WATCHED(label, 1, from, to, REAL(name)(__VA_ARGS__));                           \
  }

ON_TWO_PATHS(rename, "rename", (const char *source, const char *target), source, target)
ON_TWO_PATHS(link, "link", (const char *source, const char *target), source, target)
static int exchange_or_rename(
    int first, const char *source, int second, const char *target, unsigned flags) {
  if (has_no_exchange && flags & RENAME_EXCHANGE) return errno = EINVAL, -1;
  return (int)syscall(SYS_renameat2, first, source, second, target, flags);
}

int renameat2(int first, const char *source, int second, const char *target, unsigned flags) {
  char buffers[2][PATH_SIZE] = {{0}, {0}};
  const char *from = absolute(source, buffers[0]), *to = absolute(target, buffers[1]);
  if (!is_watched(to)) return exchange_or_rename(first, source, second, target, flags);
  WATCHED(
      flags & RENAME_EXCHANGE ? "exchange" : "rename", 1, from, to,
      exchange_or_rename(first, source, second, target, flags));
}

static long free_byte_count(void) {
  if (!free_bytes) return -1;
  int file = (int)syscall(SYS_openat, AT_FDCWD, free_bytes, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  char text[32] = {0};
  syscall(SYS_read, file, text, sizeof text - 1);
  syscall(SYS_close, file);
  return atol(text);
}

int statvfs(const char *path, struct statvfs *status) {
  int result = REAL(statvfs)(path, status);
  long available = free_byte_count();
  if (result == 0 && available >= 0)
    status->f_bavail = (fsblkcnt_t)available / status->f_frsize;
  return result;
}
