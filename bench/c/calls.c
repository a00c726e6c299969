// Single calls, within one process.
#include "bench.h"

#include <netinet/udp.h>

enum { BATCH = 64, SEGMENT = 1472, SEGMENTS = 44 };

static int here, there;
static struct sockaddr_in sink;
static char buffer[1 << 20];

static void pair(void) {
  int fds[2];
  check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
  here = fds[0];
  there = fds[1];
}

static void send_recv(long n) {
  while (n-- > 0) {
    check(send(here, message, job.size, 0), "send");
    check(recv(there, buffer, job.size, 0), "recv");
  }
}

static void get_option(long n) {
  while (n-- > 0) {
    int value;
    socklen_t length = sizeof value;
    check(getsockopt(here, SOL_SOCKET, SO_RCVBUF, &value, &length), "getsockopt");
  }
}

/** A socket that sends to the server of the job. */
static void datagrams(void) {
  sink = (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_port = htons(atoi(job.address)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  here = check(socket(AF_INET, SOCK_DGRAM, 0), "socket");
}

static void to_sink(void) {
  datagrams();
  check(connect(here, (struct sockaddr *)&sink, sizeof sink), "connect");
}

/** A socket that sends, and one that receives. */
static void connected(void) {
  socklen_t length = sizeof sink;
  datagrams();
  sink.sin_port = 0;
  there = check(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  check(bind(there, (struct sockaddr *)&sink, sizeof sink), "bind");
  check(getsockname(there, (struct sockaddr *)&sink, &length), "getsockname");
  check(connect(here, (struct sockaddr *)&sink, sizeof sink), "connect");
}

static void send_to(long n) {
  while (n-- > 0)
    check(sendto(here, message, job.size, 0, (struct sockaddr *)&sink, sizeof sink), "sendto");
}

static struct mmsghdr headers[BATCH];
static struct iovec pieces[BATCH];
static struct sockaddr_in names[BATCH];

static void batch(char *memory, size_t step) {
  for (int i = 0; i < BATCH; i++) {
    pieces[i] = (struct iovec){memory + i * step, job.size};
    headers[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
  }
}

static void sending_batch(void) {
  to_sink();
  batch(message, job.size);
}

static void receiving_batch(void) {
  connected();
  batch(buffer, 2048);
}

static void send_batch(long n) {
  for (; n > 0; n -= BATCH) check(sendmmsg(here, headers, BATCH, 0), "sendmmsg");
}

static void receive_batch(long n) {
  while (n > 0) {
    for (int i = 0; i < BATCH; i++) {
      headers[i].msg_hdr.msg_name = &names[i];
      headers[i].msg_hdr.msg_namelen = sizeof names[i];
    }
    n -= check(recvmmsg(there, headers, BATCH, 0, NULL), "recvmmsg");
  }
}

static void fill(long n) {
  while (n-- > 0) check(send(here, message, job.size, 0), "send");
}

/** The sender as the others give it: a host in words and a port. */
static volatile struct {
  char host[INET_ADDRSTRLEN];
  int port;
} sender;

static void receive_from(long n) {
  while (n-- > 0) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    check(recvfrom(there, buffer, 2048, 0, (struct sockaddr *)&from, &length), "recvfrom");
    inet_ntop(AF_INET, &from.sin_addr, (char *)sender.host, sizeof sender.host);
    sender.port = ntohs(from.sin_port);
  }
}

static void send_segments(long n) {
  union {
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr align;
  } control;
  struct iovec piece = {message, SEGMENT * SEGMENTS};
  for (; n > 0; n -= SEGMENTS) {
    struct msghdr header = {.msg_iov = &piece,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    *(uint16_t *)CMSG_DATA(c) = SEGMENT;
    check(sendmsg(here, &header, 0), "sendmsg");
  }
}

const struct work calls[] = {
    {"send-recv", pair, NULL, send_recv},
    {"send-recv-into", pair, NULL, send_recv},
    {"getsockopt", pair, NULL, get_option},
    {"sendto", datagrams, NULL, send_to},
    {"sendmmsg", sending_batch, NULL, send_batch},
    {"segments", to_sink, NULL, send_segments},
    {"recvfrom", connected, fill, receive_from},
    {"recvmmsg", receiving_batch, fill, receive_batch},
    {NULL, NULL, NULL, NULL},
};
