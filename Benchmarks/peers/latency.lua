-- wrk script: changes nothing about the requests, and tells what came of them in numbers that need no parsing of units.

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        'JSON {"requests": %d, "seconds": %.3f, "p50_us": %d, "p99_us": %d, "failed": %d}\n', summary.requests, summary.duration / 1e6,
        latency:percentile(50), latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
