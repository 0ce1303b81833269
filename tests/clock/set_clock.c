/* A clock that a test sets: the wall clock of whatever loads this is so many seconds ahead as the file at CLOCK_OFFSET says. The file stays
   mapped, through forks and confinement, so that no call is made which a worker may not make. The monotonic clock is the kernel's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *offset;
static int (*kernel_clock)(clockid_t, struct timespec *);
static int (*kernel_timer)(int, int, const struct itimerspec *, struct itimerspec *);

__attribute__((constructor)) static void begin(void) {
    kernel_clock = dlsym(RTLD_NEXT, "clock_gettime");
    kernel_timer = dlsym(RTLD_NEXT, "timerfd_settime");
    const char *path = getenv("CLOCK_OFFSET");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) offset = page;
    if (file >= 0) close(file);
}

static long long ahead(void) { return offset ? *offset : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = kernel_clock(clock, now);
    if (done == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead();
    return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *also) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (also) *also = now.tv_sec;
    return now.tv_sec;
}

/* Only the wall clock's timers are set to a moment; the kernel's clock comes to it when it is this much less. */
int timerfd_settime(int timer, int flags, const struct itimerspec *wanted, struct itimerspec *before) {
    struct itimerspec moment = *wanted;
    if ((flags & TFD_TIMER_ABSTIME) && moment.it_value.tv_sec > 0) {
        moment.it_value.tv_sec -= ahead();
        if (moment.it_value.tv_sec < 1) moment.it_value.tv_sec = 1;
    }
    return kernel_timer(timer, flags, &moment, before);
}
