// What the C programs of the benchmark share.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/** The command line: work, bytes of a message, operations of a chunk, milliseconds, address, pace. */
struct job {
  const char *work;
  size_t size;
  long chunk;
  double warm; /* milliseconds */
  double ms;   /* at least so long */
  long ops;    /* and at least so many */
  const char *address;
  int paced; /* measures once for each line on the standard input */
};

extern struct job job;
extern char message[1 << 20];

/** Work that is measured: setup once; before each chunk, untimed, prepare; chunk is timed. */
struct work {
  const char *name;
  void (*setup)(void);
  void (*prepare)(long n);
  void (*chunk)(long n);
};

/** Work on the other side: it runs until it is killed or its client has gone. */
struct server {
  const char *name;
  void (*serve)(void);
};

extern const struct work calls[], streams[];
extern const struct server servers[];

/** Ends the program unless a call succeeded. */
long check(long result, const char *what);
/** Monotonic seconds. */
double now(void);
/** Prints one line at once. */
void say(const char *format, ...);
/** Measures once; or says that it is warm, and then measures whenever it is told to. */
void at_pace(void (*slice)(void));

/** A TCP socket that listens on a free port of every loopback address; says the port. */
int listen_tcp(void);
/** Connects to a port of 127.0.0.1, without Nagle's delay. */
int connect_tcp(int port);
int listen_unix(const char *path);
int connect_unix(const char *path);
/** Reads exactly n bytes; 0 at the end of the stream. */
int read_all(int fd, void *into, size_t n);
void no_delay(int fd);
/** As many descriptors as the system allows. */
void many_descriptors(void);
