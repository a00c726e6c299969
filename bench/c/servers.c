// The other sides: echo for C itself; sink, acceptor and load for every contestant.
#include "bench.h"

#include <netinet/udp.h>
#include <sys/epoll.h>

static char buffer[1 << 20];

void many_descriptors(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int listen_tcp(void) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t length = sizeof at;
  int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(bind(fd, (struct sockaddr *)&at, sizeof at), "bind");
  check(listen(fd, 4096), "listen");
  check(getsockname(fd, (struct sockaddr *)&at, &length), "getsockname");
  say("%d", ntohs(at.sin_port));
  return fd;
}

int listen_unix(const char *path) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  strncpy(at.sun_path, path, sizeof at.sun_path - 1);
  int fd = check(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
  check(bind(fd, (struct sockaddr *)&at, sizeof at), "bind");
  check(listen(fd, 4096), "listen");
  say("%s", path);
  return fd;
}

/** Sends back whole messages: both sides would block if neither read. */
static void echo_one(int fd) {
  while (read_all(fd, buffer, job.size))
    for (size_t at = 0; at < job.size;)
      at += check(send(fd, buffer + at, job.size - at, 0), "send");
}

static void pong_tcp(void) {
  int fd = check(accept(listen_tcp(), NULL, NULL), "accept");
  no_delay(fd);
  echo_one(fd);
}

static void pong_unix(void) {
  echo_one(check(accept(listen_unix(job.address), NULL, NULL), "accept"));
}

/**
 * Reads units of so many bytes as the client says first, and confirms each with
 * one byte. MSG_TRUNC throws a stream's bytes away uncopied, so that the sender
 * is what is measured.
 */
static void sink(void) {
  int listener = listen_tcp();
  for (;;) {
    uint64_t unit, left;
    int fd = check(accept(listener, NULL, NULL), "accept");
    no_delay(fd);
    if (!read_all(fd, &unit, sizeof unit)) continue;
    for (left = unit;;) {
      long n = recv(fd, buffer, left < sizeof buffer ? left : sizeof buffer, MSG_TRUNC);
      if (n <= 0) break;
      left -= n;
      if (left > 0) continue;
      check(send(fd, buffer, 1, 0), "send");
      left = unit;
    }
    close(fd);
  }
}

/**
 * A UDP socket that nobody reads: it holds what fits, and the kernel drops the
 * rest, whoever sends. UDP_GRO takes segments as they come, in one piece.
 */
static void datagrams(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  int on = 1, fd = check(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  check(setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on), "UDP_GRO");
  check(bind(fd, (struct sockaddr *)&at, sizeof at), "bind");
  check(getsockname(fd, (struct sockaddr *)&at, &length), "getsockname");
  say("%d", ntohs(at.sin_port));
  for (;;) pause();
}

static void close_each(int listener) {
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0) close(fd);
  }
}

static void acceptor(void) { close_each(listen_tcp()); }
static void acceptor_unix(void) { close_each(listen_unix(job.address)); }

static int watch(int set, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  return check(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void echo_many(void) {
  struct epoll_event events[512];
  many_descriptors();
  int listener = listen_tcp(), set = check(epoll_create1(0), "epoll_create1");
  fcntl(listener, F_SETFL, O_NONBLOCK);
  watch(set, listener);
  for (;;) {
    int n = check(epoll_wait(set, events, 512, -1), "epoll_wait");
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          no_delay(fd);
          watch(set, fd);
        }
        continue;
      }
      long got = recv(fd, buffer, 65536, 0);
      // Each client waits for its echo, so a send of 64 bytes never has to.
      if (got > 0) check(send(fd, buffer, got, 0), "send");
      else if (got == 0 || errno != EAGAIN) close(fd);
    }
  }
}

/** The connections of a client: job.chunk of them. */
static int *connections(void) {
  int *fds = calloc(job.chunk, sizeof *fds);
  many_descriptors();
  for (long i = 0; i < job.chunk; i++) fds[i] = connect_tcp(atoi(job.address));
  return fds;
}

/** Answers of the server until some time is over, and so many have come. */
static long answers(int set, double end, long least) {
  struct epoll_event events[512];
  long done = 0;
  while (now() < end || done < least) {
    int n = check(epoll_wait(set, events, 512, 100), "epoll_wait");
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (!read_all(fd, buffer, job.size)) check(-1, "the server closed a connection");
      check(send(fd, message, job.size, 0), "send");
      done++;
    }
  }
  return done;
}

static void send_on(const int *fds) {
  for (long i = 0; i < job.chunk; i++) check(send(fds[i], message, job.size, 0), "send");
}

/** Has one message echoed on each connection: the server has accepted them all then. */
static void greet(const int *fds) {
  send_on(fds);
  for (long i = 0; i < job.chunk; i++) read_all(fds[i], buffer, job.size);
}

static int loaded;

static void slice(void) {
  // Those that came while others had their turn do not count.
  long before = job.paced ? answers(loaded, now() + job.ms / 4e3, job.chunk) : 0;
  double start = now();
  long done = answers(loaded, start + job.ms / 1e3, 1);
  say("{\"ops\":%ld,\"seconds\":%.9f,\"all\":%ld}", done, now() - start, before + done);
}

/** One message is under way on each connection at any time. */
static void load(void) {
  int *fds = connections();
  loaded = check(epoll_create1(0), "epoll_create1");
  greet(fds);
  for (long i = 0; i < job.chunk; i++) watch(loaded, fds[i]);
  send_on(fds);
  answers(loaded, now() + job.warm / 1e3, job.chunk);
  at_pace(slice);
}

/** Holds connections open until it is told to go. */
static void idle(void) {
  greet(connections());
  say("ready");
  getchar();
}

const struct server servers[] = {
    {"pong-tcp", pong_tcp},     {"pong-unix", pong_unix},
    {"sink", sink},             {"datagrams", datagrams},
    {"acceptor", acceptor},
    {"acceptor-unix", acceptor_unix}, {"echo", echo_many},
    {"load", load},             {"idle", idle},
    {NULL, NULL},
};
