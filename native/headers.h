// The system's headers, those that are there, and what no header declares. With
// platform.h the only file of ours with conditional compilation.
#ifndef BSD_SOCKET_HEADERS_H_
#define BSD_SOCKET_HEADERS_H_

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <vector>

#if defined(__linux__)
#include <sys/syscall.h>
#else
#include <pthread.h>
#endif
#if __has_include(<sys/epoll.h>)
#include <sys/epoll.h>
#endif
#if __has_include(<sys/event.h>)
#include <sys/event.h>
#endif
#if __has_include(<sys/sendfile.h>)
#include <sys/sendfile.h>
#endif
#if __has_include(<linux/netlink.h>)
#include <linux/netlink.h>
#endif
#if __has_include(<linux/if_packet.h>)
#include <linux/if_packet.h>
#endif
#if __has_include(<linux/if_ether.h>)
#include <linux/if_ether.h>
#endif
#if __has_include(<linux/vm_sockets.h>)
#include <linux/vm_sockets.h>
#endif
#if __has_include(<linux/can.h>)
#include <linux/can.h>
#endif
#if __has_include(<linux/can/raw.h>)
#include <linux/can/raw.h>
#endif
#if __has_include(<linux/can/bcm.h>)
#include <linux/can/bcm.h>
#endif
#if __has_include(<linux/can/isotp.h>)
#include <linux/can/isotp.h>
#endif
#if __has_include(<linux/can/j1939.h>)
#include <linux/can/j1939.h>
#endif
#if __has_include(<linux/if_alg.h>)
#include <linux/if_alg.h>
#endif
#if __has_include(<linux/tipc.h>)
#include <linux/tipc.h>
#endif
#if __has_include(<linux/qrtr.h>)
#include <linux/qrtr.h>
#endif
#if __has_include(<linux/errqueue.h>)
#include <linux/errqueue.h>
#endif
#if __has_include(<linux/net_tstamp.h>)
#include <linux/net_tstamp.h>
#endif
#if __has_include(<linux/filter.h>)
#include <linux/filter.h>
#endif
#if __has_include(<linux/sockios.h>)
#include <linux/sockios.h>
#endif
#if __has_include(<linux/netfilter_ipv4.h>)
#include <linux/netfilter_ipv4.h>
#endif
#if __has_include(<asm/socket.h>)
#include <asm/socket.h>
#endif

// The kernel's Bluetooth addresses. No kernel or libc header declares them, only
// BlueZ's own; they are part of the kernel's ABI.
#if defined(__linux__)
#define HAVE_BLUETOOTH 1
namespace bsd {

struct sockaddr_l2 {
  sa_family_t l2_family;
  uint16_t l2_psm;  // little-endian, as on the air
  uint8_t l2_bdaddr[6];
  uint16_t l2_cid;  // little-endian
  uint8_t l2_bdaddr_type;
};
struct sockaddr_rc {
  sa_family_t rc_family;
  uint8_t rc_bdaddr[6];
  uint8_t rc_channel;
};
struct sockaddr_hci {
  sa_family_t hci_family;
  uint16_t hci_dev;
  uint16_t hci_channel;
};
struct sockaddr_sco {
  sa_family_t sco_family;
  uint8_t sco_bdaddr[6];
};

}  // namespace bsd
#endif

#endif  // BSD_SOCKET_HEADERS_H_
