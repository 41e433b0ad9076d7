// Preloaded into a tool (LD_PRELOAD): lets the n-th call of one kind fail, and the system's clock jump.
//   FAULT_PROGRAM  name of the program that is meant; others that it starts are left alone
//   FAULT_CALL     write, read, fsync, rename, open, truncate, malloc (of all but HDF5) or hdf5-malloc;
//                  empty: none
//   FAULT_AT       number of the call that fails, from 1; 0: none, they are only counted
//   FAULT_LASTING  1: every later one fails, too
//   FAULT_ERRNO    what errno becomes
//   FAULT_PREFIX   files whose path begins so are meant; others are left alone and not counted
//   FAULT_REPORT   file to which the number of calls is written where the program ends
//   FAULT_CLOCK    call of the system's clock from which on it is a day ahead
// What is written into a lock is for messages alone and does not count, nor do
// calls before main() has begun: what happens there no program can answer for.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

enum Call {
  no_call,
  write_call,
  read_call,
  fsync_call,
  rename_call,
  open_call,
  truncate_call,
  malloc_call,
  hdf5_malloc_call
};
constexpr const char* kNames[] = {"",     "write",    "read",   "fsync",      "rename",
                                  "open", "truncate", "malloc", "hdf5-malloc"};
constexpr time_t kJump = 86400;

/// Where the code of HDF5 lies.
struct Range {
  uintptr_t begin = 0, end = 0;
  bool contains(const void* address) const {
    return reinterpret_cast<uintptr_t>(address) >= begin && reinterpret_cast<uintptr_t>(address) < end;
  }
};
Range hdf5[4];

struct Plan {
  Call call = no_call;
  long at = 0;
  bool lasting = false;
  int error = EIO;
  const char* prefix = "";
  const char* report = nullptr;
  long clock_from = 0;
};
Plan plan;
std::atomic<bool> active{false};
std::atomic<long> calls{0}, clock_calls{0};

long number(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text != nullptr ? atol(text) : otherwise;
}

int find_hdf5(dl_phdr_info* object, size_t, void* count) {
  if (strstr(object->dlpi_name, "libhdf5") == nullptr) return 0;
  for (int k = 0; k < object->dlpi_phnum; ++k) {
    const ElfW(Phdr)& part = object->dlpi_phdr[k];
    int& found = *static_cast<int*>(count);
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0 || found == 4) continue;
    const uintptr_t begin = object->dlpi_addr + part.p_vaddr;
    hdf5[found++] = {begin, begin + part.p_memsz};
  }
  return 0;
}

void read_plan() {
  const char* program = getenv("FAULT_PROGRAM");
  if (program == nullptr || strcmp(program, program_invocation_short_name) != 0) return;
  if (const char* call = getenv("FAULT_CALL"))
    for (int k = 1; k <= hdf5_malloc_call; ++k)
      if (strcmp(call, kNames[k]) == 0) plan.call = static_cast<Call>(k);
  plan.at = number("FAULT_AT", 0);
  plan.lasting = number("FAULT_LASTING", 0) != 0;
  plan.error = static_cast<int>(number("FAULT_ERRNO", EIO));
  if (const char* prefix = getenv("FAULT_PREFIX")) plan.prefix = prefix;
  plan.report = getenv("FAULT_REPORT");
  plan.clock_from = number("FAULT_CLOCK", 0);
  int count = 0;
  dl_iterate_phdr(find_hdf5, &count);
  active = true;
}

void write_report() {
  active = false;
  if (plan.report == nullptr) return;
  char text[64];
  const int length = snprintf(text, sizeof text, "%ld %ld\n", calls.load(), clock_calls.load());
  const long file = syscall(SYS_openat, AT_FDCWD, plan.report, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  syscall(SYS_write, file, text, length);
  syscall(SYS_close, file);
}

// Counts a call that is meant, and says whether it fails; then errno is set.
bool fails(Call call) {
  if (!active || plan.call != call) return false;
  const long n = ++calls;
  if (plan.at == 0 || n < plan.at || (n > plan.at && !plan.lasting)) return false;
  errno = plan.error;
  return true;
}

bool is_hdf5(const void* caller) {
  bool found = false;
  for (const Range& range : hdf5) found = found || range.contains(caller);
  return found;
}

// In whose making the C library is. Memory for it is there from the start.
__attribute__((tls_model("initial-exec"))) thread_local int texts_of_hdf5 = 0;

/// Of memory, by who asks for it.
bool fails(const void* caller) {
  if (!active || (plan.call != malloc_call && plan.call != hdf5_malloc_call)) return false;
  return fails(is_hdf5(caller) || texts_of_hdf5 > 0 ? hdf5_malloc_call : malloc_call);
}

bool is_meant(const char* path) {
  const char* dot = strrchr(path, '.');
  const bool writes = plan.call == write_call || plan.call == truncate_call;
  if (writes && dot != nullptr && strcmp(dot, ".lock") == 0) return false;
  const size_t length = strlen(plan.prefix);
  if (path[0] == '/' || length == 0) return strncmp(path, plan.prefix, length) == 0;
  char folder[PATH_MAX];
  if (syscall(SYS_getcwd, folder, sizeof folder) < 0) return false;
  return strncmp(folder, plan.prefix, length) == 0;
}

bool is_meant(int file) {
  if (!active || plan.call >= malloc_call) return false;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length <= 0) return false;
  path[length] = 0;
  return path[0] == '/' && is_meant(path);
}

template <class File>
bool fails(Call call, File file) {
  return active && plan.call == call && is_meant(file) && fails(call);
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// As the system does where the clock is set: a day more.
bool jumped() { return active && plan.clock_from > 0 && ++clock_calls >= plan.clock_from; }

int (*main_of_program)(int, char**, char**) = nullptr;
int begin(int count, char** arguments, char** environment) {
  read_plan();
  atexit(write_report);
  return main_of_program(count, arguments, environment);
}

}  // namespace

#define SADDLEFLOW_NEXT(name) static const auto real = next<decltype(&name)>(#name)

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int count, char** arguments, void (*init)(),
                      void (*fini)(), void (*loader_fini)(), void* stack) {
  using Start = int (*)(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(), void (*)(), void*);
  main_of_program = main;
  return next<Start>("__libc_start_main")(begin, count, arguments, init, fini, loader_fini, stack);
}

void* malloc(size_t size) { return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  if (fails(__builtin_return_address(0))) return ENOMEM;
  *out = __libc_memalign(alignment, size);
  return *out != nullptr ? 0 : ENOMEM;
}

// HDF5 has the texts of its errors made so.
int __vasprintf_chk(char** out, int flag, const char* format, va_list values) {
  static const auto real = next<int (*)(char**, int, const char*, va_list)>("__vasprintf_chk");
  const bool counts = is_hdf5(__builtin_return_address(0));
  texts_of_hdf5 += counts ? 1 : 0;
  const int length = real(out, flag, format, values);
  texts_of_hdf5 -= counts ? 1 : 0;
  return length;
}
int vasprintf(char** out, const char* format, va_list values) {
  SADDLEFLOW_NEXT(vasprintf);
  const bool counts = is_hdf5(__builtin_return_address(0));
  texts_of_hdf5 += counts ? 1 : 0;
  const int length = real(out, format, values);
  texts_of_hdf5 -= counts ? 1 : 0;
  return length;
}

ssize_t write(int file, const void* bytes, size_t count) {
  SADDLEFLOW_NEXT(write);
  return fails(write_call, file) ? -1 : real(file, bytes, count);
}
ssize_t writev(int file, const iovec* parts, int count) {
  SADDLEFLOW_NEXT(writev);
  return fails(write_call, file) ? -1 : real(file, parts, count);
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t place) {
  SADDLEFLOW_NEXT(pwrite);
  return fails(write_call, file) ? -1 : real(file, bytes, count, place);
}
ssize_t pwrite64(int file, const void* bytes, size_t count, off_t place) {
  return pwrite(file, bytes, count, place);
}
ssize_t read(int file, void* bytes, size_t count) {
  SADDLEFLOW_NEXT(read);
  return fails(read_call, file) ? -1 : real(file, bytes, count);
}
ssize_t pread(int file, void* bytes, size_t count, off_t place) {
  SADDLEFLOW_NEXT(pread);
  return fails(read_call, file) ? -1 : real(file, bytes, count, place);
}
ssize_t pread64(int file, void* bytes, size_t count, off_t place) { return pread(file, bytes, count, place); }
// The C library reads and writes its streams beneath all this: of a stream the calls of the program count.
size_t fread(void* bytes, size_t size, size_t count, FILE* stream) {
  SADDLEFLOW_NEXT(fread);
  if (!fails(read_call, fileno(stream))) return real(bytes, size, count, stream);
  stream->_flags |= 0x20;  // ferror(), as after an error of read()
  return 0;
}
int fsync(int file) {
  SADDLEFLOW_NEXT(fsync);
  return fails(fsync_call, file) ? -1 : real(file);
}
int fdatasync(int file) {
  SADDLEFLOW_NEXT(fdatasync);
  return fails(fsync_call, file) ? -1 : real(file);
}
int ftruncate(int file, off_t size) noexcept {
  SADDLEFLOW_NEXT(ftruncate);
  return fails(truncate_call, file) ? -1 : real(file, size);
}
int ftruncate64(int file, off_t size) noexcept { return ftruncate(file, size); }
int rename(const char* from, const char* to) noexcept {
  SADDLEFLOW_NEXT(rename);
  return fails(rename_call, to) ? -1 : real(from, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  SADDLEFLOW_NEXT(renameat2);
  return fails(rename_call, to) ? -1 : real(from_folder, from, to_folder, to, flags);
}
int open(const char* path, int flags, ...) {
  SADDLEFLOW_NEXT(open);
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return fails(open_call, path) ? -1 : real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open(path, flags, mode);
}
FILE* fopen(const char* path, const char* mode) {
  SADDLEFLOW_NEXT(fopen);
  return fails(open_call, path) ? nullptr : real(path, mode);
}
FILE* fopen64(const char* path, const char* mode) { return fopen(path, mode); }

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const long failed = syscall(SYS_clock_gettime, clock, now);
  if (failed == 0 && clock == CLOCK_REALTIME && jumped()) now->tv_sec += kJump;
  return static_cast<int>(failed);
}
int gettimeofday(timeval* now, void* zone) noexcept {
  const long failed = syscall(SYS_gettimeofday, now, zone);
  if (failed == 0 && jumped()) now->tv_sec += kJump;
  return static_cast<int>(failed);
}
time_t time(time_t* out) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
