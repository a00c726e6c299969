// Work with another process at the other end.
#include "bench.h"

#include <sys/sendfile.h>
#include <sys/stat.h>

static int peer, file;
static off_t length;
static char buffer[1 << 20];

void no_delay(int fd) {
  int on = 1;
  check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

int connect_tcp(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
  no_delay(fd);
  return fd;
}

int connect_unix(const char *path) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  strncpy(to.sun_path, path, sizeof to.sun_path - 1);
  int fd = check(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
  check(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
  return fd;
}

int read_all(int fd, void *into, size_t n) {
  for (size_t got = 0; got < n;) {
    long r = check(recv(fd, (char *)into + got, n - got, 0), "recv");
    if (r == 0) return 0;
    got += r;
  }
  return 1;
}

static void to_tcp(void) { peer = connect_tcp(atoi(job.address)); }
static void to_unix(void) { peer = connect_unix(job.address); }

static void ping_pong(long n) {
  while (n-- > 0) {
    check(send(peer, message, job.size, 0), "send");
    read_all(peer, buffer, job.size);
  }
}

/** Tells the sink how many bytes it is to confirm with one. */
static void agree(uint64_t bytes) { check(send(peer, &bytes, sizeof bytes, 0), "send"); }

static void to_sink(void) {
  to_tcp();
  agree((uint64_t)job.size * job.chunk);
}

static void send_all(const char *data, size_t n) {
  while (n > 0) {
    long sent = check(send(peer, data, n, 0), "send");
    data += sent;
    n -= sent;
  }
}

static void stream(long n) {
  while (n-- > 0) send_all(message, job.size);
  read_all(peer, buffer, 1);
}

/** The address is the port and the path of the file. */
static void file_to_sink(void) {
  struct stat status;
  to_tcp();
  file = check(open(strchr(job.address, ':') + 1, O_RDONLY), "open");
  check(fstat(file, &status), "fstat");
  length = status.st_size;
  agree(length);
}

static void send_file(long n) {
  while (n-- > 0) {
    for (off_t at = 0; at < length;) check(sendfile(peer, file, &at, length - at), "sendfile");
    read_all(peer, buffer, 1);
  }
}

/** Each connection goes to the next loopback address: no port is waited for in TIME_WAIT. */
static void connect_close(long n) {
  static unsigned turn;
  if (turn == 0) turn = getpid();
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(job.address))};
  while (n-- > 0) {
    int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK + turn++ % 250);
    check(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
    close(fd);
  }
}

static void connect_close_unix(long n) {
  while (n-- > 0) close(connect_unix(job.address));
}

const struct work streams[] = {
    {"ping-pong-unix", to_unix, NULL, ping_pong},
    {"ping-pong-tcp", to_tcp, NULL, ping_pong},
    {"stream", to_sink, NULL, stream},
    {"sendfile", file_to_sink, NULL, send_file},
    {"connect", NULL, NULL, connect_close},
    {"connect-unix", NULL, NULL, connect_close_unix},
    {NULL, NULL, NULL, NULL},
};
