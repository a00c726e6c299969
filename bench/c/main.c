// The C contestant: runs one work, measured as the other contestants measure theirs.
#include "bench.h"

#include <signal.h>
#include <stdarg.h>

struct job job;
char message[1 << 20];

long check(long result, const char *what) {
  if (result >= 0) return result;
  perror(what);
  exit(1);
}

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

void say(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  putchar('\n');
  fflush(stdout);
}

static double seconds(struct timeval t) { return t.tv_sec + t.tv_usec / 1e6; }

static const struct work *work;

static void chunk(void) {
  if (work->prepare) work->prepare(job.chunk);
  work->chunk(job.chunk);
}

static void warm_up(double milliseconds) {
  for (double start = now(); (now() - start) * 1e3 < milliseconds;) chunk();
}

static void slice(void) {
  double spent = 0, user = 0, system = 0;
  long done = 0;
  if (job.paced) warm_up(job.ms / 4);  // others have had the caches
  while (spent * 1e3 < job.ms || done < job.ops) {
    struct rusage before, after;
    if (work->prepare) work->prepare(job.chunk);
    getrusage(RUSAGE_SELF, &before);
    double start = now();
    work->chunk(job.chunk);
    spent += now() - start;
    getrusage(RUSAGE_SELF, &after);
    user += seconds(after.ru_utime) - seconds(before.ru_utime);
    system += seconds(after.ru_stime) - seconds(before.ru_stime);
    done += job.chunk;
  }
  say("{\"ops\":%ld,\"seconds\":%.9f,\"user\":%.6f,\"system\":%.6f}", done, spent, user, system);
}

void at_pace(void (*measure)(void)) {
  char line[16];
  if (!job.paced) {
    measure();
    return;
  }
  say("ready");
  while (fgets(line, sizeof line, stdin)) measure();
}

static void run(void) {
  if (work->setup) work->setup();
  warm_up(job.warm);
  at_pace(slice);
}

int main(int argc, char **argv) {
  if (argc < 7) {
    fprintf(stderr, "usage: bench work size chunk warm-ms ms ops [address [paced]]\n");
    return 2;
  }
  job = (struct job){argv[1],       atol(argv[2]), atol(argv[3]),          atof(argv[4]),
                     atof(argv[5]), atol(argv[6]), argc > 7 ? argv[7] : "", argc > 8};
  signal(SIGPIPE, SIG_IGN);
  memset(message, 'x', sizeof message);
  const struct work *tables[] = {calls, streams};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    for (work = tables[i]; work->name; work++)
      if (strcmp(work->name, job.work) == 0) {
        run();
        return 0;
      }
  for (const struct server *server = servers; server->name; server++)
    if (strcmp(server->name, job.work) == 0) {
      server->serve();
      return 0;
    }
  fprintf(stderr, "bench: no work %s\n", job.work);
  return 2;
}
