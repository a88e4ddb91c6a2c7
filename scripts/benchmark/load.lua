-- What wrk sends. Arguments: MODE FILE [LIST]
--   fixed  the same request each time; FILE is its body
--   take   each request takes the next line of LIST, until there is none
--   cycle  the same, over and over
--   chain  each request takes a line of LIST, and the refresh token of its answer goes to the end of the list
--   gather the code in each answer's Location is written to FILE
-- In take, cycle and chain the mark {} in FILE is where the line goes.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } bench_time;
  int clock_gettime(int clock, bench_time *time);
]]

local time = ffi.new("bench_time")
local function seconds()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

local function lines(path)
  local list = {}
  for line in io.lines(path) do
    list[#list + 1] = line
  end
  return list
end

-- What done() asks each thread for: seconds from the first request to the last answer, answers.
spent, answered = 0, 0
local began

local function answer_seen()
  answered = answered + 1
  spent = seconds() - began
end

function init(args)
  local mode, file, list = args[1], args[2], args[3]
  if mode == "fixed" then
    wrk.body = read(file)
    if wrk.body == "" then wrk.body = nil end
    return
  end
  if mode == "gather" then
    local out = assert(io.open(file, "w"))
    out:setvbuf("full")
    response = function(_, headers)
      local code = (headers["location"] or headers["Location"] or ""):match("[?&]code=([^&]+)")
      if code then out:write(code, "\n") end
    end
    return
  end

  local before, after = read(file):match("^(.-){}(.*)$")
  local queue, first, last = lines(list), 1, nil
  last = #queue
  local function filled(value)
    return wrk.format(nil, nil, nil, before .. value .. after)
  end

  if mode == "cycle" then
    request = function()
      local value = queue[first]
      first = first % last + 1
      return filled(value)
    end
    return
  end

  request = function()
    began = began or seconds()
    local value = queue[first]
    if not value then
      wrk.thread:stop()
      return wrk.format("GET", "/health/ready", {}, "")
    end
    queue[first] = nil
    first = first + 1
    return filled(value)
  end
  response = function(status, _, body)
    answer_seen()
    if mode == "chain" and status == 200 then
      local successor = body:match('"refresh_token":"([^"]+)"')
      if successor then
        last = last + 1
        queue[last] = successor
      end
    end
  end
end

function done(summary, latency)
  local duration, requests = summary.duration / 1e6, summary.requests
  -- wrk waits for its whole duration even when the list was empty before.
  local own, seen = 0, 0
  for _, thread in ipairs(threads) do
    own = math.max(own, thread:get("spent") or 0)
    seen = seen + (thread:get("answered") or 0)
  end
  if seen > 0 then
    duration, requests = own, seen
  end
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%.6f,"p50":%.0f,"p99":%.0f,"refused":%d,"broken":%d}\n',
    requests, duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
