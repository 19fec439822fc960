-- wrk script: asks the addresses of a file, each once. Every thread takes its share; the answers are counted by status.
--
--   wrk -t2 -c64 -d10s -s walk.lua URL -- FILE THREADS [ACCEPT-ENCODING]

local started = 0
local threads = {}

function setup(thread)
    thread:set("number", started)
    started = started + 1
    threads[started] = thread
end

function init(args)
    local share = tonumber(args[2])
    paths, at, asked, failed, bytes = {}, 0, 0, 0, 0
    if args[3] then wrk.headers["Accept-Encoding"] = args[3] end
    local line_number = 0
    for line in io.lines(args[1]) do
        if line_number % share == number then paths[#paths + 1] = wrk.format("GET", line) end
        line_number = line_number + 1
    end
end

function request()
    at = at % #paths + 1
    asked = asked + 1
    return paths[at]
end

function response(status, headers, body)
    if status ~= 200 and status ~= 204 then failed = failed + 1 end
    bytes = bytes + #body
end

function done(summary, latency, requests)
    local failures, asked, bytes = 0, 0, 0
    for _, thread in ipairs(threads) do
        failures = failures + thread:get("failed")
        asked = asked + thread:get("asked")
        bytes = bytes + thread:get("bytes")
    end
    local errors = summary.errors
    io.write(string.format(
        'JSON {"requests": %d, "seconds": %.3f, "p50_us": %d, "p90_us": %d, "p99_us": %d, "p999_us": %d, "max_us": %d, "failed": %d, "asked": %d, "bytes": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(90), latency:percentile(99),
        latency:percentile(99.9), latency.max, failures + errors.connect + errors.read + errors.write + errors.timeout, asked, bytes))
end
