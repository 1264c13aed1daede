"""What an attacker tries, in one place to read. After each: others are served, and memory and descriptors are flat.

- test_slow_requests.py: slow heads, half requests, silence, bodies that never end, clients that read a byte a second.
- test_large_requests.py: huge queries, heads, trailers, bodies; more requests than there may be.
- test_unread_answers.py: requests in one go whose answers nobody reads, whatever they are.
- test_crowded_out.py: as many connections of strangers as there may be.
- test_request_shapes.py: smuggling, invalid UTF-8, wrong methods, path tricks, garbage.
- test_behind_a_stream.py: pipelined requests, bodies and WebSockets on the connection of an open stream.
- test_behind_a_proxy.py: limits by address and key, with a proxy's word for who asks: true, forged, and garbage.
- test_crowds.py: ten thousand connects and leaves, whole and half.
- test_reports.py: garbage on the channel and in the hashes of Redis.
- test_origins.py: pages of other origins, with a key and without.
- test_leaks.py: keys that allow a part, for each way in which they may tell of the rest.
- test_key_in_target.py: a key in the target of a request that leads nowhere.
- test_rebinding.py: pages whose own name leads to the gateway.
- test_openapi.py: everything that schemathesis makes of the OpenAPI document.

Elsewhere, beside what they are about: hostile titles, tool names and errors in terminals
(tests/unit/gateway/cli/terminal), on the page (tests/e2e/test_page.py) and in logs
(tests/unit/gateway/telemetry/test_logs.py); keys and tickets (tests/integration/test_keys.py); what ingest is told
(tests/integration/ingest).
"""
