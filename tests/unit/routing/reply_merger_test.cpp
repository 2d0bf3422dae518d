#include "routing/reply_merger.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "resp/byte_buffer.h"
#include "resp/reply_scanner.h"
#include "unit/routing/parsed_request.h"

using slotway::command::Command;
using slotway::command::KeySpec;
using slotway::command::ResponsePolicy;
using slotway::resp::bulk_reply;
using slotway::routing::merge_policy;
using slotway::routing::MergePolicy;
using slotway::routing::ParsedRequest;
using slotway::routing::ReplyMerger;
using slotway::routing::SplitGroup;
using slotway::routing::SplitPlan;
using slotway::routing::Splitter;
using namespace std::string_literals;

namespace {

using Strings = std::vector<std::string>;

std::string array(const Strings& elements) {
  std::string frame = "*" + std::to_string(elements.size()) + "\r\n";
  for (const std::string& element : elements) frame += element;
  return frame;
}

/// The merged reply, after a look that it is exactly one frame.
std::string reply_of(const ReplyMerger& merger) {
  REQUIRE(merger.complete());
  std::string reply;
  merger.append_reply(reply);
  const slotway::resp::ScanResult frame = slotway::resp::scan_frame(reply);
  REQUIRE(frame.status == slotway::resp::ScanStatus::complete);
  REQUIRE(frame.consumed == reply.size());
  return reply;
}

/// Merges the frames in order, and in reverse to see that the order of arrival makes no difference.
std::string merged(MergePolicy policy, const Strings& frames, const std::string& name = "CMD") {
  ReplyMerger merger;
  merger.start(policy, frames.size(), name);
  for (std::size_t part = 0; part < frames.size(); ++part) {
    REQUIRE_FALSE(merger.complete());
    merger.add(part, frames[part]);
  }
  const std::string reply = reply_of(merger);
  merger.start(policy, frames.size(), name);
  for (std::size_t part = frames.size(); part > 0; --part) merger.add(part - 1, frames[part - 1]);
  CHECK(reply_of(merger) == reply);
  return reply;
}

/// Splits an MGET of these keys, answers each part with what answer(key) says, in a random order,
/// and merges.
template <typename Answer>
std::string merged_mget(const Strings& keys, Answer answer, std::mt19937& random) {
  Strings arguments{"MGET"};
  arguments.insert(arguments.end(), keys.begin(), keys.end());
  const ParsedRequest request{std::span<const std::string>(arguments)};
  const std::vector<std::uint32_t> positions = request.key_positions(1);
  Splitter splitter;
  ReplyMerger merger;
  Strings frames;
  {
    const SplitPlan& plan = splitter.plan(request.view(), positions, 1);
    merger.start_in_key_order(plan, "MGET");
    for (const SplitGroup& group : plan.groups()) {
      Strings elements;
      for (const std::uint32_t ordinal : plan.ordinals(group))
        elements.push_back(answer(keys[ordinal]));
      frames.push_back(array(elements));
    }
  }
  // The plan is overwritten before the replies arrive, as it is in a worker.
  const ParsedRequest next({"MGET", "z", "y", "x"});
  const std::vector<std::uint32_t> next_positions = next.key_positions(1);
  static_cast<void>(splitter.plan(next.view(), next_positions, 1));

  std::vector<std::size_t> order(frames.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  for (const std::size_t part : order) merger.add(part, frames[part]);
  return reply_of(merger);
}

}  // namespace

TEST_CASE("MGET's values return to the places of their keys, for 1 to 10,000 keys") {
  std::mt19937 random(17);
  for (const std::size_t count : {1U, 2U, 3U, 10U, 100U, 1'000U, 10'000U}) {
    Strings keys;
    for (std::size_t key = 0; key < count; ++key) {
      keys.push_back("key:" + std::to_string(random() % (2 * count)));  // some of them twice
    }
    const auto answer = [](const std::string& key) { return bulk_reply("value of " + key); };
    Strings expected;
    for (const std::string& key : keys) expected.push_back(answer(key));
    CHECK(merged_mget(keys, answer, random) == array(expected));
  }
}

TEST_CASE("an element of MGET may be any frame") {
  std::mt19937 random(18);
  const Strings keys{"", "a", "a\0b"s, "\r\n", "n2", "n3", "nested", "err", ""};
  const auto answer = [](const std::string& key) -> std::string {
    if (key == "n2") return "$-1\r\n";
    if (key == "n3") return "_\r\n";
    if (key == "nested") return "*2\r\n%1\r\n+a\r\n:1\r\n$3\r\n\r\n*\r\n";
    if (key == "err") return "-ERR inside\r\n";
    return bulk_reply("<" + key + ">");
  };
  Strings expected;
  for (const std::string& key : keys) expected.push_back(answer(key));
  CHECK(merged_mget(keys, answer, random) == array(expected));
}

TEST_CASE("integers are added") {
  CHECK(merged(MergePolicy::sum, {":1\r\n"}) == ":1\r\n");
  CHECK(merged(MergePolicy::sum, {":1\r\n", ":0\r\n", ":41\r\n"}) == ":42\r\n");
  CHECK(merged(MergePolicy::sum, {":-3\r\n", ":1\r\n"}) == ":-2\r\n");
  CHECK(merged(MergePolicy::sum, Strings(10'000, ":1\r\n")) == ":10000\r\n");
}

TEST_CASE("a sum may use all 64 bits") {
  CHECK(merged(MergePolicy::sum, {":9223372036854775806\r\n", ":1\r\n"}) ==
        ":9223372036854775807\r\n");
}

TEST_CASE("the least and the greatest number are found") {
  CHECK(merged(MergePolicy::minimum, {":3\r\n", ":1\r\n", ":2\r\n"}) == ":1\r\n");
  CHECK(merged(MergePolicy::maximum, {":3\r\n", ":-1\r\n", ":2\r\n"}) == ":3\r\n");
  CHECK(merged(MergePolicy::minimum, {"*2\r\n:1\r\n:7\r\n", "*2\r\n:2\r\n:5\r\n"}) ==
        "*2\r\n:1\r\n:5\r\n");
}

TEST_CASE("SCRIPT EXISTS is true for a script that all know, element by element") {
  CHECK(
      merged(MergePolicy::logical_and, {"*3\r\n:1\r\n:1\r\n:0\r\n", "*3\r\n:1\r\n:0\r\n:0\r\n"}) ==
      "*3\r\n:1\r\n:0\r\n:0\r\n");
  CHECK(merged(MergePolicy::logical_or, {"*3\r\n:1\r\n:1\r\n:0\r\n", "*3\r\n:1\r\n:0\r\n:0\r\n"}) ==
        "*3\r\n:1\r\n:1\r\n:0\r\n");
  CHECK(merged(MergePolicy::logical_and, {":1\r\n", ":1\r\n"}) == ":1\r\n");
  CHECK(merged(MergePolicy::logical_or, {":0\r\n", ":0\r\n"}) == ":0\r\n");
  CHECK(merged(MergePolicy::logical_or, {":5\r\n"}) == ":1\r\n");
  CHECK(merged(MergePolicy::logical_and, {"*0\r\n", "*0\r\n"}) == "*0\r\n");
}

TEST_CASE("a command that must succeed everywhere answers once") {
  CHECK(merged(MergePolicy::all_succeeded, Strings(5, "+OK\r\n")) == "+OK\r\n");
  CHECK(merged(MergePolicy::all_succeeded, {"$1\r\na\r\n", "$1\r\nb\r\n"}) == "$1\r\na\r\n");
}

TEST_CASE("one success is enough where the policy says so") {
  CHECK(merged(MergePolicy::one_succeeded,
               {"-NOTBUSY No scripts in execution right now.\r\n", "+OK\r\n"}) == "+OK\r\n");
  CHECK(merged(MergePolicy::one_succeeded, {"-E x\r\n", "+1\r\n", "+2\r\n"}) == "+1\r\n");
  CHECK(merged(MergePolicy::one_succeeded, Strings(3, "-NOTBUSY No scripts.\r\n")) ==
        "-NOTBUSY No scripts.\r\n");
  CHECK(merged(MergePolicy::one_succeeded, {"-NOTBUSY a\r\n", "-UNKILLABLE b\r\n"}, "SCRIPT") ==
        "-NOTBUSY slotway: 2 of 2 parts of SCRIPT failed, first: NOTBUSY a\r\n");
}

TEST_CASE("arrays are put one after the other in the order of the parts") {
  CHECK(merged(MergePolicy::concatenate,
               {"*2\r\n+a\r\n$1\r\nb\r\n", "*0\r\n", "*1\r\n*1\r\n:1\r\n"}) ==
        "*3\r\n+a\r\n$1\r\nb\r\n*1\r\n:1\r\n");
  CHECK(merged(MergePolicy::concatenate, {"~1\r\n+a\r\n", "*1\r\n+b\r\n"}) == "*2\r\n+a\r\n+b\r\n");
  CHECK(merged(MergePolicy::concatenate, {"*0\r\n"}) == "*0\r\n");
}

TEST_CASE("parts that all failed alike pass their error on") {
  const std::string down = "-CLUSTERDOWN The cluster is down\r\n";
  for (const MergePolicy policy :
       {MergePolicy::sum, MergePolicy::all_succeeded, MergePolicy::concatenate,
        MergePolicy::minimum, MergePolicy::logical_and}) {
    CHECK(merged(policy, Strings(3, down)) == down);
    CHECK(merged(policy, {down}) == down);
  }
}

TEST_CASE("a part that failed makes the whole reply one error with the first one's prefix") {
  CHECK(merged(MergePolicy::sum,
               {":1\r\n", "-CLUSTERDOWN Hash slot not served\r\n", "-TIMEOUT late\r\n", ":1\r\n"},
               "DEL") ==
        "-CLUSTERDOWN slotway: 2 of 4 parts of DEL failed, first: CLUSTERDOWN Hash slot not "
        "served\r\n");
  CHECK(merged(MergePolicy::all_succeeded, {"+OK\r\n", "-OOM command not allowed\r\n"}, "mset") ==
        "-OOM slotway: 1 of 2 parts of mset failed, first: OOM command not allowed\r\n");
  CHECK(merged(MergePolicy::concatenate, {"*1\r\n+a\r\n", "-weird error\r\n"}) ==
        "-ERR slotway: 1 of 2 parts of CMD failed, first: weird error\r\n");
  CHECK(merged(MergePolicy::sum, {"-A x\r\n", "-A y\r\n"}) ==
        "-A slotway: 2 of 2 parts of CMD failed, first: A x\r\n");
}

TEST_CASE("an empty error and one of RESP3 are errors, too") {
  CHECK(merged(MergePolicy::sum, {"-\r\n", ":1\r\n"}) ==
        "-ERR slotway: 1 of 2 parts of CMD failed, first: \r\n");
  CHECK(merged(MergePolicy::sum, {"!10\r\nERR a\r\n-b\r\n"}) == "-ERR a  -b\r\n");
  CHECK(merged(MergePolicy::sum, {"!0\r\n\r\n"}) == "-\r\n");
}

TEST_CASE("MGET with a failed part is an error and never a nil") {
  Splitter splitter;
  const ParsedRequest request({"MGET", "a", "b", "c"});
  const std::vector<std::uint32_t> positions = request.key_positions(1);
  const SplitPlan& plan = splitter.plan(request.view(), positions, 1);
  REQUIRE(plan.groups().size() == 3);
  ReplyMerger merger;
  merger.start_in_key_order(plan, "MGET");
  merger.add(2, "*1\r\n$1\r\nx\r\n");
  merger.fail(1, "ERR slotway: request timed out");
  merger.add(0, "*1\r\n$1\r\nx\r\n");
  CHECK(reply_of(merger) ==
        "-ERR slotway: 1 of 3 parts of MGET failed, first: ERR slotway: request timed out\r\n");
}

TEST_CASE("a reply to MGET that cannot be right is an error and never a nil") {
  Splitter splitter;
  const ParsedRequest request({"MGET", "{t}a", "{t}b"});
  const std::vector<std::uint32_t> positions = request.key_positions(1);
  for (const std::string& frame :
       {"+OK\r\n"s, ":2\r\n"s, "$-1\r\n"s, "_\r\n"s, "*-1\r\n"s, "*0\r\n"s, "*1\r\n+a\r\n"s,
        "*3\r\n+a\r\n+b\r\n+c\r\n"s, "%1\r\n+a\r\n+b\r\n"s, "|1\r\n+a\r\n+b\r\n*1\r\n+a\r\n"s}) {
    CAPTURE(frame);
    const SplitPlan& plan = splitter.plan(request.view(), positions, 1);
    ReplyMerger merger;
    merger.start_in_key_order(plan, "MGET");
    merger.add(0, frame);
    CHECK(reply_of(merger).starts_with("-ERR slotway: a part of MGET got an impossible reply: "));
  }
}

TEST_CASE("impossible replies to the other policies are errors") {
  for (const std::string& frame :
       {"+OK\r\n"s, "$-1\r\n"s, "*-1\r\n"s, "*1\r\n+a\r\n"s, "_\r\n"s, "$1\r\n1\r\n"s, ":\r\n"s,
        ":1x\r\n"s, ":99999999999999999999\r\n"s}) {
    CAPTURE(frame);
    CHECK(merged(MergePolicy::sum, {":1\r\n", frame})
              .starts_with("-ERR slotway: 1 of 2 parts of CMD failed"));
  }
  CHECK(merged(MergePolicy::concatenate, {"*0\r\n", ":1\r\n"}).starts_with("-ERR slotway: 1 of 2"));
}

TEST_CASE("parts whose numbers do not fit together are an error") {
  const std::string error = "-ERR slotway: the replies to the parts of CMD cannot be combined\r\n";
  CHECK(merged(MergePolicy::logical_and, {"*1\r\n:1\r\n", "*2\r\n:1\r\n:1\r\n"}) == error);
  CHECK(merged(MergePolicy::logical_and, {"*1\r\n:1\r\n", ":1\r\n"}) == error);
  CHECK(merged(MergePolicy::sum, {":9223372036854775807\r\n", ":1\r\n"}) == error);
  CHECK(merged(MergePolicy::sum, {":-9223372036854775808\r\n", ":-1\r\n"}) == error);
}

TEST_CASE("an error text can end neither its line nor be endless") {
  ReplyMerger merger;
  merger.start(MergePolicy::sum, 1, "DEL");
  merger.fail(0, "ERR a\r\n+OK\r\n");
  CHECK(reply_of(merger) == "-ERR a  +OK  \r\n");
  merger.start(MergePolicy::sum, 1, "DEL");
  merger.add(0, "+" + std::string(100'000, 'x') + "\r\n");
  CHECK(reply_of(merger).size() < 200);
}

TEST_CASE("a merger forgets one request before the next") {
  ReplyMerger merger;
  merger.start(MergePolicy::sum, 2, "DEL");
  merger.add(0, "-ERR a\r\n");
  merger.add(1, ":5\r\n");
  CHECK(reply_of(merger).starts_with("-ERR"));
  merger.start(MergePolicy::logical_and, 2, "SCRIPT");
  merger.add(0, "*1\r\n:1\r\n");
  merger.add(1, ":1\r\n");
  CHECK(reply_of(merger).starts_with("-ERR"));
  merger.start(MergePolicy::sum, 2, "DEL");
  CHECK(merger.buffered_bytes() == 0);
  merger.add(0, ":1\r\n");
  merger.add(1, ":1\r\n");
  CHECK(reply_of(merger) == ":2\r\n");
  merger.start(MergePolicy::concatenate, 1, "KEYS");
  merger.add(0, "*1\r\n+a\r\n");
  CHECK(merger.buffered_bytes() == 4);
  CHECK(reply_of(merger) == "*1\r\n+a\r\n");
  merger.start(MergePolicy::all_succeeded, 1, "MSET");
  merger.add(0, "+OK\r\n");
  CHECK(reply_of(merger) == "+OK\r\n");
}

TEST_CASE("RESP3 sets make a set, and an array among them an array") {
  ReplyMerger merger;
  merger.start(MergePolicy::concatenate, 2, "NAMES");
  merger.add(0, "~1\r\n+a\r\n");
  merger.add(1, "~2\r\n+b\r\n_\r\n");
  CHECK(reply_of(merger) == "~3\r\n+a\r\n+b\r\n_\r\n");
  merger.start(MergePolicy::concatenate, 2, "NAMES");
  merger.add(0, "~1\r\n+a\r\n");
  merger.add(1, "*1\r\n+b\r\n");
  CHECK(reply_of(merger) == "*2\r\n+a\r\n+b\r\n");
  merger.start(MergePolicy::concatenate, 1, "NAMES");
  merger.add(0, "~0\r\n");
  CHECK(reply_of(merger) == "~0\r\n");
}

TEST_CASE("attributes in front of a part are dropped, those of its elements stay") {
  ReplyMerger merger;
  merger.start(MergePolicy::sum, 2, "DEL");
  merger.add(0, "|1\r\n+ttl\r\n*2\r\n:1\r\n:2\r\n:3\r\n");
  merger.add(1, "|0\r\n|1\r\n+a\r\n+b\r\n:4\r\n");
  CHECK(reply_of(merger) == ":7\r\n");
  merger.start(MergePolicy::concatenate, 1, "KEYS");
  merger.add(0, "|1\r\n+a\r\n+b\r\n*1\r\n|1\r\n+c\r\n+d\r\n+e\r\n");
  CHECK(reply_of(merger) == "*1\r\n|1\r\n+c\r\n+d\r\n+e\r\n");
  merger.start(MergePolicy::all_succeeded, 1, "MSET");
  merger.add(0, "|1\r\n+a\r\n+b\r\n-ERR no\r\n");
  CHECK(reply_of(merger) == "-ERR no\r\n");
}

TEST_CASE("a merged reply can go into a byte buffer") {
  ReplyMerger merger;
  merger.start(MergePolicy::concatenate, 2, "KEYS");
  merger.add(0, "*1\r\n+a\r\n");
  merger.add(1, "*1\r\n+b\r\n");
  slotway::resp::ByteBuffer buffer;
  merger.append_reply(buffer);
  CHECK(buffer.view() == "*2\r\n+a\r\n+b\r\n");
}

TEST_CASE("the policy follows the command's response tip") {
  const auto policy = [](ResponsePolicy tip, bool has_keys = false) {
    Command command;
    command.response_policy = tip;
    if (has_keys) command.key_specs.push_back(KeySpec{});
    return merge_policy(command);
  };
  CHECK(policy(ResponsePolicy::none, true) == MergePolicy::key_order);
  CHECK(policy(ResponsePolicy::none, false) == MergePolicy::concatenate);
  CHECK(policy(ResponsePolicy::one_succeeded) == MergePolicy::one_succeeded);
  CHECK(policy(ResponsePolicy::all_succeeded) == MergePolicy::all_succeeded);
  CHECK(policy(ResponsePolicy::agg_logical_and) == MergePolicy::logical_and);
  CHECK(policy(ResponsePolicy::agg_logical_or) == MergePolicy::logical_or);
  CHECK(policy(ResponsePolicy::agg_min) == MergePolicy::minimum);
  CHECK(policy(ResponsePolicy::agg_max) == MergePolicy::maximum);
  CHECK(policy(ResponsePolicy::agg_sum) == MergePolicy::sum);
  CHECK_FALSE(policy(ResponsePolicy::special).has_value());
}

TEST_CASE("an error names the node that gave it, unless all parts failed alike") {
  ReplyMerger merger;
  merger.start(MergePolicy::all_succeeded, 2, "FLUSHALL");
  merger.add(1, "-MISCONF disk\r\n", "127.0.0.1:7001");
  merger.add(0, "+OK\r\n", "127.0.0.1:7000");
  CHECK(
      reply_of(merger) ==
      "-MISCONF slotway: 1 of 2 parts of FLUSHALL failed, first: 127.0.0.1:7001: MISCONF disk\r\n");
  merger.start(MergePolicy::all_succeeded, 2, "FLUSHALL");
  merger.add(0, "-ERR syntax error\r\n", "127.0.0.1:7000");
  merger.add(1, "-ERR syntax error\r\n", "127.0.0.1:7001");
  CHECK(reply_of(merger) == "-ERR syntax error\r\n");
}

TEST_CASE("a skipped part changes nothing") {
  ReplyMerger merger;
  merger.start(MergePolicy::sum, 3, "X");
  merger.add(0, ":1\r\n");
  merger.skip();
  CHECK_FALSE(merger.complete());
  merger.add(1, ":2\r\n");
  CHECK(reply_of(merger) == ":3\r\n");
}
