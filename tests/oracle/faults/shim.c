/* Faults of a disk, put under a program: loaded before the C library (LD_PRELOAD), it numbers every call that changes
 * something below one folder, and at one of them kills the process, refuses the call, tears the write, or takes back
 * what was never flushed, as a loss of power does.
 *
 *   REDRESS_SHIM_ROOT   the folder; other paths, sockets and terminals are left alone
 *   REDRESS_SHIM_AT     the number of the call, from 1; 0: none
 *   REDRESS_SHIM_DO     kill   die before the call
 *                       after  die after it
 *                       torn   write half of it, then die
 *                       full   no room from here on: half of the write, then ENOSPC
 *                       io     EIO for this call alone
 *                       dead   EIO for this call and all later ones
 *                       cut    take back all writes that were not flushed, then die; at the end of the program when
 *                              it makes fewer calls
 *   REDRESS_SHIM_BREAK  a program that is wrong, for trying the harness itself:
 *                       rename a rename is a copy, file by file
 *                       sync   a flush does nothing
 *                       log    what is written to a database's log is dropped
 *   REDRESS_SHIM_LOG    a file for what happened: "call N NAME PATH" for each call when AT is 0, else "hit N NAME PATH"
 *
 * Names in folders count as kept at once, and memory that is mapped (the index of SQLite's log) is not seen. Calls that
 * the program makes past the C library are not seen either.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum deed { NONE, KILL, AFTER, TORN, FULL, IO, DEAD, CUT };
enum wrong { RIGHT, BAD_RENAME, BAD_SYNC, BAD_LOG };
/* What a call needs, which decides whether a full disk refuses it. */
enum need { ROOM, NO_ROOM };

static char root[PATH_MAX];
static size_t root_length;
static long at;
static enum deed deed = NONE;
static enum wrong wrong = RIGHT;
static int log_fd = -1;
static long counted;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

/* A write that was not flushed: how to take it back. */
struct undo {
    dev_t device;
    ino_t node;
    int fd;
    off_t offset;
    off_t size_before;
    size_t kept;
    char *bytes;
    int flushed;
};
static struct undo *undos;
static size_t undo_count, undo_room;

static void say(const char *what, long n, const char *name, const char *path)
{
    char line[PATH_MAX + 64];
    if (log_fd < 0) return;
    int length = snprintf(line, sizeof line, "%s %ld %s %s\n", what, n, name, path);
    if (length > 0) {
        size_t bytes = (size_t)length < sizeof line ? (size_t)length : sizeof line - 1;
        (void)!syscall(SYS_write, log_fd, line, bytes);
    }
}

__attribute__((constructor)) static void begin(void)
{
    const char *value = getenv("REDRESS_SHIM_ROOT");
    if (!value) return;
    snprintf(root, sizeof root, "%s", value);
    root_length = strlen(root);
    value = getenv("REDRESS_SHIM_AT");
    at = value ? strtol(value, NULL, 10) : 0;
    value = getenv("REDRESS_SHIM_DO");
    static const char *const deeds[] = { "", "kill", "after", "torn", "full", "io", "dead", "cut" };
    for (int i = 1; value && i < 8; i++)
        if (!strcmp(value, deeds[i])) deed = (enum deed)i;
    value = getenv("REDRESS_SHIM_BREAK");
    static const char *const wrongs[] = { "", "rename", "sync", "log" };
    for (int i = 1; value && i < 4; i++)
        if (!strcmp(value, wrongs[i])) wrong = (enum wrong)i;
    value = getenv("REDRESS_SHIM_LOG");
    if (value) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd >= 0) {
            /* Out of the way of the program's own numbers. */
            log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
            syscall(SYS_close, fd);
        }
    }
}

static int inside(const char *path)
{
    return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

/* The path of an open file; 0 when it is none below the folder. */
static int of_fd(int fd, char *path)
{
    char link[64];
    if (!root_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return inside(path);
}

/* The path of a name; 0 when it is none below the folder. */
static int of_name(int folder, const char *name, char *path)
{
    char base[PATH_MAX];
    if (!root_length || !name) return 0;
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
        return inside(path);
    }
    if (folder == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) return 0;
    } else if (!of_fd(folder, base)) {
        return 0;
    }
    size_t length = strlen(base);
    if (length + strlen(name) + 2 > PATH_MAX) return 0;
    memcpy(path, base, length);
    path[length] = '/';
    strcpy(path + length + 1, name);
    return inside(path);
}

static void take_back(void)
{
    pthread_mutex_lock(&gate);
    for (size_t i = undo_count; i-- > 0;) {
        struct undo *u = &undos[i];
        if (u->flushed) continue;
        if (u->kept) (void)!syscall(SYS_pwrite64, u->fd, u->bytes, u->kept, u->offset);
        syscall(SYS_ftruncate, u->fd, u->size_before);
        u->flushed = 1;
    }
    pthread_mutex_unlock(&gate);
}

__attribute__((destructor)) static void end(void)
{
    if (deed == CUT && counted < at) {
        take_back();
        say("hit", counted, "end", "-");
    }
}

static void die(void)
{
    if (deed == CUT) take_back();
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

/* Counts a call. -1: go on; else the error that it answers. Dies here when it has to. */
static int counts(const char *name, const char *path, enum need need, long *n)
{
    *n = __sync_add_and_fetch(&counted, 1);
    if (!at) say("call", *n, name, path);
    if (!at) return -1;
    int hit = *n == at;
    switch (deed) {
    case KILL:
    case CUT:
        if (hit) {
            say("hit", *n, name, path);
            die();
        }
        return -1;
    case FULL:
        if (*n >= at && need == ROOM) {
            say("hit", *n, name, path);
            return ENOSPC;
        }
        return -1;
    case IO:
        if (hit) {
            say("hit", *n, name, path);
            return EIO;
        }
        return -1;
    case DEAD:
        if (*n >= at) {
            say("hit", *n, name, path);
            return EIO;
        }
        return -1;
    case AFTER:
    case TORN:
    case NONE:
        return -1;
    }
    return -1;
}

static void counted_after(const char *name, const char *path, long n)
{
    if (at && n == at && (deed == AFTER || deed == TORN)) {
        say("hit", n, name, path);
        die();
    }
}

static int is_log(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && !strcmp(path + length - 4, "-wal");
}

/* Keeps what a write will cover, so that it can be taken back. */
static void remember(int fd, off_t offset, size_t length)
{
    struct stat found;
    if (deed != CUT || fstat(fd, &found) || !S_ISREG(found.st_mode)) return;
    pthread_mutex_lock(&gate);
    if (undo_count == undo_room) {
        undo_room = undo_room ? undo_room * 2 : 256;
        undos = realloc(undos, undo_room * sizeof *undos);
        if (!undos) abort();
    }
    struct undo *u = &undos[undo_count];
    memset(u, 0, sizeof *u);
    u->device = found.st_dev;
    u->node = found.st_ino;
    u->offset = offset;
    u->size_before = found.st_size;
    u->fd = -1;
    /* One descriptor a file, never closed: closing any of them would end the locks that the program holds. */
    for (size_t i = 0; i < undo_count && u->fd < 0; i++)
        if (undos[i].node == found.st_ino && undos[i].device == found.st_dev) u->fd = undos[i].fd;
    if (u->fd < 0) u->fd = fcntl(fd, F_DUPFD_CLOEXEC, 1000);
    if (offset < found.st_size) {
        size_t old = (size_t)(found.st_size - offset);
        u->kept = old < length ? old : length;
        u->bytes = malloc(u->kept);
        if (!u->bytes) abort();
        if (syscall(SYS_pread64, fd, u->bytes, u->kept, offset) != (ssize_t)u->kept) {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
            int reading = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
            if (syscall(SYS_pread64, reading, u->bytes, u->kept, offset) != (ssize_t)u->kept) abort();
            syscall(SYS_close, reading);
        }
    }
    undo_count++;
    pthread_mutex_unlock(&gate);
}

static void flushed(int fd)
{
    struct stat found;
    if (deed != CUT || wrong == BAD_SYNC || fstat(fd, &found)) return;
    pthread_mutex_lock(&gate);
    for (size_t i = 0; i < undo_count; i++)
        if (undos[i].node == found.st_ino && undos[i].device == found.st_dev && !undos[i].flushed) {
            undos[i].flushed = 1;
            free(undos[i].bytes);
            undos[i].bytes = NULL;
        }
    pthread_mutex_unlock(&gate);
}

/* A write in all its forms; offset -1: at the file's own place. */
static ssize_t writing(const char *name, int fd, const void *bytes, size_t length, off_t offset)
{
    char path[PATH_MAX];
    long number = offset < 0 ? SYS_write : SYS_pwrite64;
    if (!of_fd(fd, path)) {
        return offset < 0 ? syscall(number, fd, bytes, length) : syscall(number, fd, bytes, length, offset);
    }
    if (wrong == BAD_LOG && is_log(path)) {
        if (offset < 0) lseek(fd, (off_t)length, SEEK_CUR);
        return (ssize_t)length;
    }
    long n;
    int error = counts(name, path, ROOM, &n);
    int is_hit = at && n == at;
    if (error == ENOSPC && is_hit && length > 1) {
        /* The last room takes half of it; the next call hears that there is none. */
        error = -1;
        length /= 2;
    }
    if (error >= 0) {
        errno = error;
        return -1;
    }
    if (deed == TORN && is_hit) length /= 2;
    if (deed == CUT) {
        off_t place = offset;
        if (offset < 0) {
            struct stat found;
            int flags = fcntl(fd, F_GETFL);
            place = lseek(fd, 0, SEEK_CUR);
            if (flags >= 0 && (flags & O_APPEND) && !fstat(fd, &found)) place = found.st_size;
        }
        remember(fd, place, length);
    }
    ssize_t done = offset < 0 ? syscall(number, fd, bytes, length) : syscall(number, fd, bytes, length, offset);
    int kept = errno;
    counted_after(name, path, n);
    errno = kept;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return writing("write", fd, bytes, length, -1); }

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    return writing("pwrite", fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
    return writing("pwrite", fd, bytes, length, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    char path[PATH_MAX];
    if (!of_fd(fd, path)) return syscall(SYS_writev, fd, parts, count);
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        if (!parts[i].iov_len) continue;
        ssize_t done = writing("writev", fd, parts[i].iov_base, parts[i].iov_len, -1);
        if (done < 0) return all ? all : -1;
        all += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return all;
}

/* Copies in the kernel are refused with what makes the program copy by reading and writing. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags)
{
    char path[PATH_MAX];
    if (!of_fd(to, path)) return syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile(int to, int from, off_t *offset, size_t length)
{
    char path[PATH_MAX];
    if (!of_fd(to, path)) return syscall(SYS_sendfile, to, from, offset, length);
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) { return sendfile(to, from, offset, length); }

static int cutting(int fd, off_t length)
{
    char path[PATH_MAX];
    struct stat found;
    if (!of_fd(fd, path)) return (int)syscall(SYS_ftruncate, fd, length);
    long n;
    int grows = !fstat(fd, &found) && length > found.st_size;
    int error = counts("ftruncate", path, grows ? ROOM : NO_ROOM, &n);
    if (error >= 0) {
        errno = error;
        return -1;
    }
    if (deed == CUT && length < found.st_size) remember(fd, length, (size_t)(found.st_size - length));
    int done = (int)syscall(SYS_ftruncate, fd, length);
    counted_after("ftruncate", path, n);
    return done;
}

int ftruncate(int fd, off_t length) { return cutting(fd, length); }
int ftruncate64(int fd, off64_t length) { return cutting(fd, length); }

static int flushing(const char *name, int fd, long number)
{
    char path[PATH_MAX];
    if (!of_fd(fd, path)) return (int)syscall(number, fd);
    long n;
    int error = counts(name, path, NO_ROOM, &n);
    if (error >= 0) {
        errno = error;
        return -1;
    }
    /* The page cache outlives the process, so nothing needs to reach the disk for the test's sake. */
    flushed(fd);
    counted_after(name, path, n);
    return 0;
}

int fsync(int fd) { return flushing("fsync", fd, SYS_fsync); }
int fdatasync(int fd) { return flushing("fdatasync", fd, SYS_fdatasync); }

/* A call on one name. */
#define ON_NAME(title, folder, name, need, call)         \
    char path[PATH_MAX];                                 \
    if (!of_name(folder, name, path)) return (call);     \
    long n;                                              \
    int error = counts(title, path, need, &n);           \
    if (error >= 0) {                                    \
        errno = error;                                   \
        return -1;                                       \
    }                                                    \
    int done = (int)(call);                              \
    int kept = errno;                                    \
    counted_after(title, path, n);                       \
    errno = kept;                                        \
    return done

static int opening(int folder, const char *name, int flags, mode_t mode)
{
    struct stat found;
    int makes = (flags & O_CREAT) && fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0;
    if (!makes) return (int)syscall(SYS_openat, folder, name, flags, mode);
    ON_NAME("create", folder, name, ROOM, syscall(SYS_openat, folder, name, flags, mode));
}

#define MODE_OF(flags)                                                  \
    mode_t mode = 0;                                                    \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                            \
        va_list more;                                                   \
        va_start(more, flags);                                          \
        mode = va_arg(more, mode_t);                                    \
        va_end(more);                                                   \
    }

int open(const char *name, int flags, ...)
{
    MODE_OF(flags)
    return opening(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
    MODE_OF(flags)
    return opening(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}

int openat(int folder, const char *name, int flags, ...)
{
    MODE_OF(flags)
    return opening(folder, name, flags, mode);
}

int openat64(int folder, const char *name, int flags, ...)
{
    MODE_OF(flags)
    return opening(folder, name, flags | O_LARGEFILE, mode);
}

int mkdir(const char *name, mode_t mode)
{
    ON_NAME("mkdir", AT_FDCWD, name, ROOM, syscall(SYS_mkdirat, AT_FDCWD, name, mode));
}

int mkdirat(int folder, const char *name, mode_t mode)
{
    ON_NAME("mkdir", folder, name, ROOM, syscall(SYS_mkdirat, folder, name, mode));
}

int symlink(const char *to, const char *name)
{
    ON_NAME("symlink", AT_FDCWD, name, ROOM, syscall(SYS_symlinkat, to, AT_FDCWD, name));
}

int symlinkat(const char *to, int folder, const char *name)
{
    ON_NAME("symlink", folder, name, ROOM, syscall(SYS_symlinkat, to, folder, name));
}

int link(const char *from, const char *name)
{
    ON_NAME("link", AT_FDCWD, name, ROOM, syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, name, 0));
}

int linkat(int from_folder, const char *from, int folder, const char *name, int flags)
{
    ON_NAME("link", folder, name, ROOM, syscall(SYS_linkat, from_folder, from, folder, name, flags));
}

int unlink(const char *name)
{
    ON_NAME("unlink", AT_FDCWD, name, NO_ROOM, syscall(SYS_unlinkat, AT_FDCWD, name, 0));
}

int unlinkat(int folder, const char *name, int flags)
{
    ON_NAME("unlink", folder, name, NO_ROOM, syscall(SYS_unlinkat, folder, name, flags));
}

int rmdir(const char *name)
{
    ON_NAME("rmdir", AT_FDCWD, name, NO_ROOM, syscall(SYS_unlinkat, AT_FDCWD, name, AT_REMOVEDIR));
}

/* The wrong rename: the target is taken away and made anew, piece by piece. Each piece is a counted call. */
static int copied(const char *from, const char *to)
{
    struct stat found;
    long n;
    if (lstat(from, &found)) return -1;
    if (S_ISLNK(found.st_mode)) {
        char target[PATH_MAX];
        ssize_t length = readlink(from, target, sizeof target - 1);
        if (length < 0) return -1;
        target[length] = 0;
        syscall(SYS_unlinkat, AT_FDCWD, to, 0);
        counts("copy", to, ROOM, &n);
        return (int)syscall(SYS_symlinkat, target, AT_FDCWD, to);
    }
    if (S_ISDIR(found.st_mode)) {
        DIR *folder = opendir(from);
        struct dirent *entry;
        if (!folder) return -1;
        syscall(SYS_mkdirat, AT_FDCWD, to, 0755);
        /* The manifest first: what is half copied then looks whole. */
        for (int round = 0; round < 2; round++) {
            rewinddir(folder);
            while ((entry = readdir(folder))) {
                char a[PATH_MAX], b[PATH_MAX];
                if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
                if ((strcmp(entry->d_name, "manifest.json") == 0) != (round == 0)) continue;
                if (snprintf(a, sizeof a, "%s/%s", from, entry->d_name) >= (int)sizeof a) return -1;
                if (snprintf(b, sizeof b, "%s/%s", to, entry->d_name) >= (int)sizeof b) return -1;
                if (copied(a, b)) return -1;
            }
        }
        closedir(folder);
        return 0;
    }
    int in = (int)syscall(SYS_openat, AT_FDCWD, from, O_RDONLY | O_CLOEXEC, 0);
    int out = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, found.st_mode & 0777);
    char buffer[4096];
    ssize_t length;
    if (in < 0 || out < 0) return -1;
    counts("copy", to, ROOM, &n);
    while ((length = syscall(SYS_read, in, buffer, sizeof buffer)) > 0)
        (void)!syscall(SYS_write, out, buffer, length);
    syscall(SYS_close, in);
    syscall(SYS_close, out);
    return 0;
}

static void removed(const char *path)
{
    DIR *folder = opendir(path);
    if (folder) {
        struct dirent *entry;
        while ((entry = readdir(folder))) {
            char inner[PATH_MAX];
            if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
            if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) < (int)sizeof inner) removed(inner);
        }
        closedir(folder);
        syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
    } else {
        syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    }
}

static int renaming(int from_folder, const char *from, int folder, const char *name, unsigned flags)
{
    char source[PATH_MAX], target[PATH_MAX];
    if (wrong == BAD_RENAME && of_name(folder, name, target) && of_name(from_folder, from, source)) {
        removed(target);
        if (copied(source, target)) return -1;
        removed(source);
        return 0;
    }
    ON_NAME("rename", folder, name, NO_ROOM, syscall(SYS_renameat2, from_folder, from, folder, name, flags));
}

int rename(const char *from, const char *name) { return renaming(AT_FDCWD, from, AT_FDCWD, name, 0); }

int renameat(int from_folder, const char *from, int folder, const char *name)
{
    return renaming(from_folder, from, folder, name, 0);
}

int renameat2(int from_folder, const char *from, int folder, const char *name, unsigned flags)
{
    return renaming(from_folder, from, folder, name, flags);
}
