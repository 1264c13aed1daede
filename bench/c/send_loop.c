/* The floor: what a plain loop of send(2) costs. Whoever connects and asks gets an SSE head; each line on stdin is sent
 * to all of them as one event, `data: <line>`, and answered by a line on stdout.
 *
 *     send_loop PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FDS = 65536, BATCH = 256 };
static const char HEAD[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n";
static char listens[MAX_FDS]; /* by descriptor: it has asked, and is sent what comes */
static int highest;

static void listen_for(int poll_fd, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void broadcast(const char *event, size_t length) {
    for (int fd = 0; fd <= highest; fd++)
        if (listens[fd]) send(fd, event, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void on_client(int fd) {
    char asked[8192];
    if (recv(fd, asked, sizeof asked, MSG_DONTWAIT) <= 0) {
        listens[fd] = 0;
        close(fd);
    } else if (!listens[fd]) {
        listens[fd] = 1;
        if (fd > highest) highest = fd;
        send(fd, HEAD, sizeof HEAD - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

int main(int count, char **arguments) {
    int yes = 1, server = socket(AF_INET, SOCK_STREAM, 0), poll_fd = epoll_create1(0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(count > 1 ? arguments[1] : ""))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server, (struct sockaddr *)&at, sizeof at) || listen(server, 4096)) return perror("send_loop"), 1;
    listen_for(poll_fd, server);
    listen_for(poll_fd, STDIN_FILENO);
    struct epoll_event ready[BATCH];
    char line[8192], event[8300];
    for (;;) {
        int found = epoll_wait(poll_fd, ready, BATCH, -1);
        for (int i = 0; i < found; i++) {
            int fd = ready[i].data.fd;
            if (fd == server) {
                int client = accept4(server, NULL, NULL, SOCK_NONBLOCK);
                if (client >= 0) listen_for(poll_fd, client);
            } else if (fd != STDIN_FILENO) {
                on_client(fd);
            } else if (fgets(line, sizeof line, stdin)) {
                line[strcspn(line, "\n")] = 0;
                broadcast(event, (size_t)snprintf(event, sizeof event, "data: %s\n\n", line));
                puts("sent");
                fflush(stdout);
            } else {
                return 0;
            }
        }
    }
}
