/* Many Server-Sent Events clients in one thread, commanded by lines on stdin, one line of JSON in answer to each.
 *
 *     clients PORT REQUEST_FILE MARKER [RECEIVE_BUFFER_BYTES]
 *
 * The file has one request or more, each up to its empty line. The clients send them in turn, in the order of their
 * connects.
 *
 *     connect N WINDOW RATE TIMEOUT_MS   N more, WINDOW at most without an answer, RATE a second (0: as fast as can be)
 *     wait events|stamp TARGET TIMEOUT_MS  until each client that reads has that many events, or that stamp or a newer one
 *     reset    a phase begins        report   what the phase brought
 *     stall N  the first N stop reading    resume  they go on    close  all go    quit
 *
 * An event is an occurrence of MARKER. A stamp is `@<CLOCK_MONOTONIC ns>@` in what comes; those from before the phase
 * are the past's, which a newcomer is shown, and no latency.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"

enum { MAX_CLIENTS = 20000, CARRY = 64, BUFFER = 1 << 18, BATCH = 256, STAMPS = 8192, SOURCES = 32 };

struct client {
    int fd;
    char asked, answered, stalled, reached;
    uint64_t events, stamp, connect_ns;
    size_t carried;
    char carry[CARRY]; /* the end of the last read: a marker or a stamp may go on in the next one */
};
struct stamp {
    uint64_t stamp, readers, first_ns, last_ns;
};

static struct client clients[MAX_CLIENTS];
static int client_count, open_count, unanswered, refused, lost;
static struct stamp stamps[STAMPS];
static int stamp_count;
static struct histogram latency, answer_time;
static uint64_t phase_ns, phase_cpu_ns, events, bytes, reads;
static int waits_for_stamp, reached;
static uint64_t target, reached_ns;
static int poll_fd, receive_buffer;
static char *requests, buffer[CARRY + BUFFER];
static struct {
    size_t start, length;
} request_at[MAX_CLIENTS];
static size_t marker_length;
static int request_count;
static const char *marker;
static struct sockaddr_in server = {.sin_family = AF_INET};

static uint64_t now(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static int satisfies(const struct client *client) {
    return (waits_for_stamp ? client->stamp : client->events) >= target;
}

static void note_stamp(struct client *client, uint64_t stamp, uint64_t at) {
    if (stamp > client->stamp) client->stamp = stamp;
    if (stamp < phase_ns) return;
    note(&latency, at - stamp);
    int i = stamp_count - 1;
    while (i >= 0 && stamps[i].stamp != stamp) i--;
    if (i < 0) {
        if (stamp_count == STAMPS) return;
        i = stamp_count++;
        stamps[i] = (struct stamp){.stamp = stamp, .first_ns = at};
    }
    stamps[i].readers++;
    stamps[i].last_ns = at;
}

/* What ends within the carry was counted with the read before. */
static void scan(struct client *client, char *text, size_t carried, size_t length, uint64_t at) {
    char *end = text + length, *fresh = text + carried, *p = text;
    while ((p = memmem(p, (size_t)(end - p), marker, marker_length))) {
        p += marker_length;
        if (p > fresh) client->events++, events++;
    }
    for (p = text; (p = memchr(p, '@', (size_t)(end - p)));) {
        char *digit = ++p;
        uint64_t stamp = 0;
        while (p < end && *p >= '0' && *p <= '9') stamp = stamp * 10 + (uint64_t)(*p++ - '0');
        if (p < end && *p == '@' && p > digit && ++p > fresh) note_stamp(client, stamp, at);
    }
}

static void drop(struct client *client) {
    close(client->fd);
    client->fd = -1;
    open_count--;
    unanswered -= !client->answered;
    reached -= client->reached;
}

static void on_read(struct client *client) {
    memcpy(buffer, client->carry, client->carried);
    ssize_t got = recv(client->fd, buffer + client->carried, BUFFER, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        lost++;
        drop(client);
        return;
    }
    uint64_t at = now(CLOCK_MONOTONIC);
    bytes += (uint64_t)got, reads++;
    if (!client->answered) {
        client->answered = 1, unanswered--;
        note(&answer_time, at - client->connect_ns);
        if (got < 12 || memcmp(buffer + 9, "200", 3)) refused++;
    }
    size_t length = client->carried + (size_t)got;
    scan(client, buffer, client->carried, length, at);
    client->carried = length < CARRY ? length : CARRY;
    memcpy(client->carry, buffer + length - client->carried, client->carried);
    if (!client->reached && satisfies(client)) client->reached = 1, reached++, reached_ns = at;
}

static void listen_for(struct client *client, int operation, uint32_t what) {
    struct epoll_event event = {.events = what, .data.ptr = client};
    epoll_ctl(poll_fd, operation, client->fd, &event);
}

static int ask(const struct client *client) {
    int i = (int)(client - clients) % request_count;
    ssize_t length = (ssize_t)request_at[i].length;
    return send(client->fd, requests + request_at[i].start, request_at[i].length, MSG_NOSIGNAL) == length;
}

static int pump(int timeout_ms) { /* 1 if stdin has something */
    struct epoll_event ready[BATCH];
    int count = epoll_wait(poll_fd, ready, BATCH, timeout_ms), said = 0;
    for (int i = 0; i < count; i++) {
        struct client *client = ready[i].data.ptr;
        if (!client) {
            said = 1;
        } else if (client->fd >= 0 && !client->asked && !(ready[i].events & (EPOLLERR | EPOLLHUP))) {
            client->asked = 1;
            if (ask(client)) listen_for(client, EPOLL_CTL_MOD, EPOLLIN);
            else lost++, drop(client);
        } else if (client->fd >= 0) {
            on_read(client);
        }
    }
    return said;
}

/* One source address has 28,000 ports, and those of the last minute are not free yet. */
static void start_one(void) {
    struct client *client = &clients[client_count];
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        fprintf(stderr, "clients: no socket: %s\n", strerror(errno));
        exit(1);
    }
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(client_count % SOURCES));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (receive_buffer) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    *client = (struct client){.fd = fd, .connect_ns = now(CLOCK_MONOTONIC)};
    client_count++, open_count++, unanswered++;
    if (bind(fd, (struct sockaddr *)&source, sizeof source) ||
        (connect(fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS)) {
        lost++;
        drop(client);
        return;
    }
    listen_for(client, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void connect_all(int count, int window, double rate, int timeout_ms) {
    uint64_t began = now(CLOCK_MONOTONIC), until = began + (uint64_t)timeout_ms * 1000000u;
    int started = 0;
    answer_time = (struct histogram){0};
    while ((started < count || unanswered) && now(CLOCK_MONOTONIC) < until) {
        double due = rate > 0 ? rate * (double)(now(CLOCK_MONOTONIC) - began) / 1e9 : count;
        for (int i = 0; i < BATCH && started < count && started < due && unanswered < window; i++, started++) {
            if (client_count == MAX_CLIENTS) count = started;
            else start_one();
        }
        pump(started < count && unanswered < window ? (rate > 0 ? 1 : 0) : 50);
    }
    printf("{\"open\":%d,\"unanswered\":%d,\"refused\":%d,\"lost\":%d,\"began_ns\":%lu,\"took_ms\":%.3f", open_count,
           unanswered, refused, lost, began, (double)(now(CLOCK_MONOTONIC) - began) / 1e6);
    print_histogram("answer", &answer_time);
    puts("}");
}

static void wait_for(const char *what, uint64_t value, int timeout_ms) {
    uint64_t until = now(CLOCK_MONOTONIC) + (uint64_t)timeout_ms * 1000000u;
    int readers = 0;
    waits_for_stamp = !strcmp(what, "stamp"), target = value, reached = 0, reached_ns = now(CLOCK_MONOTONIC);
    for (int i = 0; i < client_count; i++) {
        struct client *client = &clients[i];
        client->reached = client->fd >= 0 && !client->stalled && satisfies(client);
        reached += client->reached;
        readers += client->fd >= 0 && client->stalled;
    }
    while (reached < open_count - readers && now(CLOCK_MONOTONIC) < until) pump(20);
    printf("{\"reached\":%d,\"of\":%d,\"at_ns\":%lu}\n", reached, open_count - readers, reached_ns);
}

static void reset(void) {
    for (int i = 0; i < client_count; i++) clients[i].events = 0;
    events = bytes = reads = 0, stamp_count = lost = refused = 0, latency = (struct histogram){0};
    phase_ns = now(CLOCK_MONOTONIC), phase_cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID);
    printf("{\"at_ns\":%lu}\n", phase_ns);
}

static void report(void) {
    uint64_t wall = now(CLOCK_MONOTONIC) - phase_ns, cpu = now(CLOCK_PROCESS_CPUTIME_ID) - phase_cpu_ns;
    printf("{\"open\":%d,\"lost\":%d,\"refused\":%d,\"events\":%lu,\"bytes\":%lu,\"reads\":%lu,\"wall_ns\":%lu,"
           "\"cpu_ns\":%lu",
           open_count, lost, refused, events, bytes, reads, wall, cpu);
    print_histogram("latency", &latency);
    printf(",\"stamps\":[");
    for (int i = 0; i < stamp_count; i++)
        printf("%s[%lu,%lu,%lu,%lu]", i ? "," : "", stamps[i].stamp, stamps[i].readers, stamps[i].first_ns,
               stamps[i].last_ns);
    puts("]}");
}

static void stall(int count, int stalled) {
    for (int i = 0; i < count && i < client_count; i++) {
        if (clients[i].fd < 0 || clients[i].stalled == stalled) continue;
        clients[i].stalled = (char)stalled;
        listen_for(&clients[i], EPOLL_CTL_MOD, stalled ? 0 : EPOLLIN);
    }
    printf("{\"open\":%d}\n", open_count);
}

static void close_all(void) {
    for (int i = 0; i < client_count; i++)
        if (clients[i].fd >= 0) drop(&clients[i]);
    client_count = 0;
    puts("{\"open\":0}");
}

static void read_requests(FILE *file) {
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    requests = malloc(length + 1);
    if (!requests || fread(requests, 1, length, file) != length) return;
    requests[length] = 0;
    for (char *start = requests, *end; request_count < MAX_CLIENTS && (end = strstr(start, "\r\n\r\n")); start = end) {
        end += 4;
        request_at[request_count].start = (size_t)(start - requests);
        request_at[request_count++].length = (size_t)(end - start);
    }
}

int main(int count, char **arguments) {
    FILE *file = count > 3 ? fopen(arguments[2], "r") : NULL;
    if (file) read_requests(file);
    if (!request_count) return fputs("usage: clients PORT REQUEST_FILE MARKER [RECEIVE_BUFFER_BYTES]\n", stderr), 2;
    marker = arguments[3], marker_length = strlen(marker);
    receive_buffer = count > 4 ? atoi(arguments[4]) : 0;
    server.sin_port = htons((uint16_t)atoi(arguments[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    poll_fd = epoll_create1(0);
    struct epoll_event input = {.events = EPOLLIN};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &input);
    char line[256], what[16];
    for (;;) {
        while (!pump(-1)) {}
        uint64_t value;
        int n, window, timeout_ms;
        double rate;
        if (!fgets(line, sizeof line, stdin) || !strncmp(line, "quit", 4)) return 0;
        if (sscanf(line, "connect %d %d %lf %d", &n, &window, &rate, &timeout_ms) == 4)
            connect_all(n, window, rate, timeout_ms);
        else if (sscanf(line, "wait %15s %lu %d", what, &value, &timeout_ms) == 3) wait_for(what, value, timeout_ms);
        else if (sscanf(line, "stall %d", &n) == 1) stall(n, 1);
        else if (!strncmp(line, "resume", 6)) stall(client_count, 0);
        else if (!strncmp(line, "reset", 5)) reset();
        else if (!strncmp(line, "report", 6)) report();
        else if (!strncmp(line, "close", 5)) close_all();
        else puts("{\"error\":\"no such command\"}");
        fflush(stdout);
    }
}
