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

static void measure(const struct work *work) {
  double spent = 0, user = 0, system = 0;
  long done = 0;
  if (work->setup) work->setup();
  for (double start = now(); (now() - start) * 1e3 < job.warm;) {
    if (work->prepare) work->prepare(job.chunk);
    work->chunk(job.chunk);
  }
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

int main(int argc, char **argv) {
  if (argc < 7) {
    fprintf(stderr, "usage: bench work size chunk warm-ms ms ops [address]\n");
    return 2;
  }
  job = (struct job){argv[1],       atol(argv[2]), atol(argv[3]),          atof(argv[4]),
                     atof(argv[5]), atol(argv[6]), argc > 7 ? argv[7] : ""};
  signal(SIGPIPE, SIG_IGN);
  memset(message, 'x', sizeof message);
  const struct work *tables[] = {calls, streams};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    for (const struct work *work = tables[i]; work->name; work++)
      if (strcmp(work->name, job.work) == 0) {
        measure(work);
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
