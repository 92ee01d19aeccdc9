// A system with faults, loaded before the C library (LD_PRELOAD). What goes wrong stands in the environment:
//   FAULTY_INTERRUPTED=1      every other call that a signal may interrupt fails with EINTR
//   FAULTY_SHORT=BYTES        no call reads or writes more
//   FAULTY_CLOCK=SECONDS      is added to the time of day
//   FAULTY_MEMORY=BYTES, FAULTY_ALLOCATION=NUMBER
//                             of the allocations that are no smaller, none succeeds from that one on
//   FAULTY_COUNT=FILE         gets the number of those allocations in the end
//   FAULTY_SIGNAL=NUMBER, FAULTY_CALL=open|write|rename, FAULTY_FILE=TEXT
//                             the signal arrives, once, in the first such call on a file with TEXT in its name
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define SYSTEM(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static long setting(const char* name) {
  const char* text = getenv(name);
  return text ? atol(text) : 0;
}

static int is_interrupted(void) {
  static atomic_int calls;
  if (!setting("FAULTY_INTERRUPTED") || atomic_fetch_add(&calls, 1) % 2) return 0;
  errno = EINTR;
  return 1;
}

static size_t shortened(size_t bytes) {
  const size_t most = (size_t)setting("FAULTY_SHORT");
  return most && most < bytes ? most : bytes;
}

static void signal_in(const char* call, const char* file) {
  static atomic_flag has_come = ATOMIC_FLAG_INIT;
  const char* wanted = getenv("FAULTY_CALL");
  if (!wanted || strcmp(wanted, call) != 0 || !strstr(file, getenv("FAULTY_FILE"))) return;
  if (!atomic_flag_test_and_set(&has_come)) raise((int)setting("FAULTY_SIGNAL"));
}

// The name of an open file, or "".
static void name_of(int fd, char name[PATH_MAX]) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, name, PATH_MAX - 1);
  name[length > 0 ? length : 0] = 0;
}

static void signal_in_write(int fd) {
  char name[PATH_MAX];
  if (!getenv("FAULTY_CALL")) return;
  name_of(fd, name);
  signal_in("write", name);
}

// What the system tells of itself, and random numbers, come at once; LibTorch does not try twice.
static int is_of_the_system(int fd) {
  char name[PATH_MAX];
  name_of(fd, name);
  return strncmp(name, "/proc/", 6) == 0 || strncmp(name, "/sys/", 5) == 0 || strncmp(name, "/dev/", 5) == 0;
}

int open(const char* file, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  signal_in("open", file);
  // Only of files that are made: those of the C library itself need not bear it.
  return flags & O_CREAT && is_interrupted() ? -1 : SYSTEM(open)(file, flags, mode);
}

ssize_t read(int fd, void* bytes, size_t count) {
  if (is_of_the_system(fd)) return SYSTEM(read)(fd, bytes, count);
  return is_interrupted() ? -1 : SYSTEM(read)(fd, bytes, shortened(count));
}

ssize_t write(int fd, const void* bytes, size_t count) {
  signal_in_write(fd);
  return is_interrupted() ? -1 : SYSTEM(write)(fd, bytes, shortened(count));
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t position) {
  return is_interrupted() ? -1 : SYSTEM(pwrite)(fd, bytes, shortened(count), position);
}

int fsync(int fd) { return is_interrupted() ? -1 : SYSTEM(fsync)(fd); }

int fdatasync(int fd) { return is_interrupted() ? -1 : SYSTEM(fdatasync)(fd); }

int ftruncate(int fd, off_t size) { return is_interrupted() ? -1 : SYSTEM(ftruncate)(fd, size); }

int rename(const char* from, const char* to) {
  signal_in("rename", from);
  return SYSTEM(rename)(from, to);
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  const int result = SYSTEM(clock_gettime)(clock, time);
  if (clock == CLOCK_REALTIME) time->tv_sec += setting("FAULTY_CLOCK");
  return result;
}

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

static atomic_long allocations;

static int is_refused(size_t bytes) {
  static atomic_long smallest = -1, last;
  if (smallest < 0) {
    last = setting("FAULTY_ALLOCATION");
    smallest = getenv("FAULTY_MEMORY") ? setting("FAULTY_MEMORY") : LONG_MAX;
  }
  if ((long)bytes < smallest || atomic_fetch_add(&allocations, 1) + 1 < last) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t bytes) { return is_refused(bytes) ? NULL : __libc_malloc(bytes); }

void* calloc(size_t count, size_t bytes) { return is_refused(count * bytes) ? NULL : __libc_calloc(count, bytes); }

void* realloc(void* block, size_t bytes) { return is_refused(bytes) ? NULL : __libc_realloc(block, bytes); }

void* memalign(size_t alignment, size_t bytes) { return is_refused(bytes) ? NULL : __libc_memalign(alignment, bytes); }

void* aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void** block, size_t alignment, size_t bytes) {
  *block = memalign(alignment, bytes);
  return *block ? 0 : ENOMEM;
}

__attribute__((destructor)) static void tell_count(void) {
  const char* name = getenv("FAULTY_COUNT");
  FILE* file = name ? fopen(name, "w") : NULL;
  if (!file) return;
  fprintf(file, "%ld\n", (long)allocations);
  fclose(file);
}

// As the program ends, without destructors.
void _Exit(int code) {
  tell_count();
  _exit(code);
}
