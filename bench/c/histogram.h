/* Durations as a log-linear histogram: 64 buckets for each power of two, so a percentile is right to 1/64. */
#include <stdint.h>
#include <stdio.h>

enum { SUB_BITS = 7, SUB = 1 << SUB_BITS };

struct histogram {
    uint64_t counts[64 * SUB], total, max;
};

static void note(struct histogram *in, uint64_t value) {
    int power = value < SUB ? 0 : 64 - __builtin_clzll(value) - SUB_BITS;
    in->counts[power * SUB + (int)(value >> power)]++;
    in->total++;
    if (value > in->max) in->max = value;
}

static double percentile_ms(const struct histogram *of, double share) {
    uint64_t seen = 0, wanted = (uint64_t)(share * (double)of->total + 0.5);
    for (int i = 0; i < 64 * SUB; i++) {
        seen += of->counts[i];
        if (seen && seen >= wanted) return (double)((uint64_t)(i % SUB) << (i / SUB)) / 1e6;
    }
    return 0;
}

static void print_histogram(const char *name, const struct histogram *of) {
    printf(",\"%s_p50_ms\":%.4f,\"%s_p90_ms\":%.4f,\"%s_p99_ms\":%.4f,\"%s_max_ms\":%.4f", name, percentile_ms(of, .5),
           name, percentile_ms(of, .9), name, percentile_ms(of, .99), name, (double)of->max / 1e6);
}
