#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "command/command_table.h"
#include "resp/encoder.h"
#include "support/repository.h"
#include "unit/command/request.h"

namespace slotway::command {

namespace {

using Overlaid = std::expected<std::shared_ptr<const CommandTable>, std::string>;

std::string array(std::initializer_list<std::string> elements) {
  std::string bytes;
  resp::append_array_header(bytes, elements.size());
  for (const std::string& element : elements) bytes += element;
  return bytes;
}
std::string text(std::string_view value) { return resp::bulk_reply(value); }
std::string word(std::string_view value) { return "+" + std::string(value) + "\r\n"; }
std::string number(int value) { return resp::integer_reply(value); }

/// An entry as Redis 6 sends it.
std::string entry6(std::string_view name, int arity, std::initializer_list<std::string> flags,
                   int first, int last, int step) {
  return array({text(name), number(arity), array(flags), number(first), number(last), number(step),
                array({word("@read")})});
}

/// An entry as Redis 7 and later send it.
std::string entry7(std::string_view name, int arity, std::initializer_list<std::string> flags,
                   std::initializer_list<std::string> tips,
                   std::initializer_list<std::string> key_specs,
                   std::initializer_list<std::string> subcommands = {}) {
  return array({text(name), number(arity), array(flags), number(0), number(0), number(0),
                array({word("@read")}), array(tips), array(key_specs), array(subcommands)});
}

std::string key_spec(const std::string& begin_type, const std::string& begin_spec,
                     const std::string& find_type, const std::string& find_spec,
                     std::initializer_list<std::string> flags = {word("RO")}) {
  return array({text("flags"), array(flags), text("begin_search"),
                array({text("type"), text(begin_type), text("spec"), begin_spec}),
                text("find_keys"),
                array({text("type"), text(find_type), text("spec"), find_spec})});
}
std::string index_spec(int index) { return array({text("index"), number(index)}); }
std::string range_spec(int last, int step, int limit) {
  return array(
      {text("lastkey"), number(last), text("keystep"), number(step), text("limit"), number(limit)});
}

Overlaid overlay(const std::string& reply, const CommandTable& base = *CommandTable::built_in()) {
  const auto tree = resp::ReplyTree::parse(reply);
  REQUIRE_MESSAGE(tree.has_value(), reply);
  return base.overlaid(tree->root());
}

std::shared_ptr<const CommandTable> overlaid(const std::string& reply) {
  auto table = overlay(reply);
  REQUIRE_MESSAGE(table.has_value(), table.error());
  return *table;
}

std::string error_of(const std::string& reply) {
  const auto table = overlay(reply);
  REQUIRE_FALSE(table.has_value());
  return table.error();
}

std::string recorded_command_info() {
  const auto path = slotway::test::repository() / "tests/unit/command/recordings/command_info.txt";
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  for (std::istreambuf_iterator<char> at(file), end; at != end; ++at) {
    if (*at == '\n') bytes.push_back('\r');
    bytes.push_back(*at);
  }
  REQUIRE_FALSE(bytes.empty());
  return bytes;
}

void check_equal(const Command& a, const Command& b) {
  CAPTURE(a.name);
  CHECK(a.id == b.id);
  CHECK(a.name == b.name);
  CHECK(a.arity == b.arity);
  CHECK(a.flags == b.flags);
  CHECK(a.key_specs.size() == b.key_specs.size());
  CHECK(a.single_key == b.single_key);
  CHECK(a.request_policy == b.request_policy);
  CHECK(a.response_policy == b.response_policy);
  CHECK(a.reply_types == b.reply_types);
  CHECK(a.route == b.route);
  CHECK(a.subcommands == b.subcommands);
}

}  // namespace

TEST_CASE("what redis-server 7.0 itself says changes nothing") {
  const auto table = overlaid(recorded_command_info());
  const auto built_in = CommandTable::built_in();
  REQUIRE(table->size() == built_in->size());
  for (const Command& command : built_in->commands()) check_equal(table->at(command.id), command);
}

TEST_CASE("a command of a newer server is appended and routes by its own key specification") {
  const auto table =
      overlaid(array({entry7("JSON.GET", -2, {word("readonly"), word("module")}, {},
                             {key_spec("index", index_spec(1), "range", range_spec(0, 1, 0))})}));
  const auto built_in = CommandTable::built_in();
  CHECK(table->size() == built_in->size() + 1);
  const Command* command = table->find("Json.Get");
  REQUIRE(command != nullptr);
  CHECK(command->name == "json.get");
  CHECK(static_cast<std::size_t>(command->id) == built_in->size());
  CHECK(&table->at(command->id) == command);
  CHECK(command->route == Route::by_key);
  CHECK(command->single_key == 1);
  CHECK(command->reply_types == kAnyReply);
  CHECK(built_in->find("json.get") == nullptr);
}

TEST_CASE("known commands keep their ids over any number of overlays") {
  const auto first = overlaid(array({entry6("one", 2, {word("readonly")}, 1, 1, 1)}));
  auto second = overlay(array({entry6("two", 2, {word("readonly")}, 1, 1, 1),
                               entry6("one", 3, {word("readonly")}, 1, 1, 1)}),
                        *first);
  REQUIRE(second.has_value());
  CHECK((*second)->find("one")->id == first->find("one")->id);
  CHECK((*second)->find("one")->arity == 3);
  for (const Command& command : first->commands()) {
    CHECK((*second)->at(command.id).name == command.name);
  }
}

TEST_CASE("commands that the server lacks stay known") {
  const auto table = overlaid(array({entry6("get", 2, {word("readonly")}, 1, 1, 1)}));
  CHECK(table->find("hexpire") != nullptr);
  CHECK(table->find("set") != nullptr);
}

TEST_CASE("the server's arity and flags replace the built-in ones") {
  const auto table =
      overlaid(array({entry6("get", -2, {word("readonly"), word("loading")}, 1, 1, 1)}));
  CHECK(table->find("get")->arity == -2);
  CHECK(table->find("get")->has(Flag::loading));
  CHECK_FALSE(table->find("get")->has(Flag::fast));
}

TEST_CASE("an old server's silence about key specifications does not erase the built-in ones") {
  const auto table = overlaid(array({
      entry6("eval", -3, {word("noscript"), word("movablekeys")}, 0, 0, 0),
      entry6("xgroup", -2, {word("write"), word("denyoom")}, 2, 2, 1),
      entry6("mget", -2, {word("readonly"), word("fast")}, 1, -1, 1),
      entry6("object", -2, {word("readonly"), word("random")}, 2, 2, 1),
      entry6("dbsize", 1, {word("readonly"), word("fast")}, 0, 0, 0),
  }));
  const auto built_in = CommandTable::built_in();
  CHECK(std::holds_alternative<FindKeynum>(table->find("eval")->key_specs.at(0).find));
  CHECK(table->find("mget")->route == Route::split);
  CHECK(table->find("mget")->request_policy == RequestPolicy::multi_shard);
  CHECK(table->find("dbsize")->route == Route::all_shards);
  CHECK(table->find("object")->subcommands == built_in->find("object")->subcommands);
  CHECK(table->find("xgroup")->route == Route::handler);
}

TEST_CASE("a command without specifications has its first key, last key and step") {
  const auto spec_of = [](const std::string& entry) {
    const auto table = overlaid(array({entry}));
    const Command* command = table->find("module.cmd");
    REQUIRE(command != nullptr);
    REQUIRE(command->key_specs.size() == 1);
    return command->key_specs[0];
  };
  const auto pairs = spec_of(entry6("module.cmd", -3, {word("write")}, 1, -1, 2));
  CHECK(std::get<BeginIndex>(pairs.begin).position == 1);
  CHECK(std::get<FindRange>(pairs.find).last_key == -1);
  CHECK(std::get<FindRange>(pairs.find).step == 2);
  CHECK(pairs.writes);
  const auto two = spec_of(entry6("module.cmd", 4, {word("readonly")}, 2, 3, 1));
  CHECK(std::get<BeginIndex>(two.begin).position == 2);
  CHECK(std::get<FindRange>(two.find).last_key == 1);
  CHECK_FALSE(two.writes);
  const auto movable = spec_of(entry6("module.cmd", -2, {word("movablekeys")}, 0, 0, 0));
  CHECK(std::holds_alternative<BeginUnknown>(movable.begin));
}

TEST_CASE("Redis 5 sends six elements, without categories") {
  const auto table = overlaid(array({array(
      {text("newcmd"), number(2), array({word("readonly")}), number(1), number(1), number(1)})}));
  REQUIRE(table->find("newcmd") != nullptr);
  CHECK(table->find("newcmd")->single_key == 1);
}

TEST_CASE("subcommands join their container, new and known ones") {
  const auto table = overlaid(array({
      entry7("client", -2, {}, {}, {},
             {entry7("client|id", 2, {word("noscript")}, {}, {}),
              entry7("client|telepathy", 2, {word("noscript")}, {}, {})}),
      entry7("gears", -2, {word("module")}, {}, {},
             {entry7("gears|list", 2, {word("module"), word("readonly")}, {}, {}),
              entry7("run", 3, {word("module")}, {},
                     {key_spec("index", index_spec(2), "range", range_spec(0, 1, 0))})}),
  }));
  const auto built_in = CommandTable::built_in();
  const Command& client = *table->find("client");
  CHECK(client.subcommands.size() == built_in->find("client")->subcommands.size() + 1);
  const Command* telepathy = table->find_subcommand(client, "TELEPATHY");
  REQUIRE(telepathy != nullptr);
  CHECK(telepathy->route == Route::handler);
  const Command& gears = *table->find("gears");
  CHECK(gears.route == Route::handler);
  CHECK(table->find_subcommand(gears, "list")->route == Route::any_shard);
  CHECK(table->find_subcommand(gears, "run")->name == "gears|run");
  CHECK(table->find_subcommand(gears, "run")->single_key == 2);
}

TEST_CASE("malformed key specifications leave what is known or what first key and step say") {
  const std::initializer_list<std::string> malformed = {
      array({}),
      text("nothing"),
      key_spec("index", index_spec(0), "range", range_spec(0, 1, 0)),
      key_spec("index", array({}), "range", range_spec(0, 1, 0)),
      key_spec("divination", index_spec(1), "range", range_spec(0, 1, 0)),
      key_spec("index", index_spec(1), "range", range_spec(0, 0, 0)),
      key_spec("index", index_spec(1), "range", array({text("lastkey")})),
      key_spec("index", index_spec(1), "keynum",
               array({text("keynumidx"), number(-1), text("firstkey"), number(1), text("keystep"),
                      number(1)})),
      key_spec("keyword", array({text("keyword"), text(""), text("startfrom"), number(1)}), "range",
               range_spec(0, 1, 0)),
      key_spec("index", array({text("index"), ":4611686018427387904\r\n"}), "range",
               range_spec(0, 1, 0)),
  };
  for (const std::string& spec : malformed) {
    CAPTURE(spec);
    const auto table = overlaid(array({entry7("get", 2, {}, {text("request_policy")}, {spec}),
                                       entry7("newcmd", 2, {}, {number(5)}, {spec})}));
    CHECK(table->find("get")->single_key == 1);
    CHECK(table->find("newcmd")->key_specs.empty());
  }
}

TEST_CASE("an unknown specification is taken for what it is") {
  const auto table = overlaid(array({entry7(
      "newcmd", -2, {word("readonly"), word("movablekeys")}, {},
      {key_spec("unknown", array({}), "unknown", array({}), {word("RO"), word("incomplete")})})}));
  const Command& command = *table->find("newcmd");
  REQUIRE(command.key_specs.size() == 1);
  CHECK(std::holds_alternative<BeginUnknown>(command.key_specs[0].begin));
  CHECK(command.key_specs[0].incomplete);
  CHECK(command.route == Route::by_key);
}

TEST_CASE("a malformed entry is refused by its place and name") {
  const std::string good = entry6("get", 2, {word("readonly")}, 1, 1, 1);
  CHECK(error_of(array({good, text("set")})) == "entry 2 of COMMAND's reply: it is no array");
  CHECK(error_of(array({good, good, array({text("set"), number(3)})})) ==
        "entry 3 of COMMAND's reply ('set'): it has 2 elements instead of 6 or more");
  CHECK(error_of(array({entry6("", 2, {}, 0, 0, 0)})) ==
        "entry 1 of COMMAND's reply: it has no name");
  CHECK(error_of(array({entry6("a|b", 2, {}, 0, 0, 0)})) ==
        "entry 1 of COMMAND's reply ('a|b'): its name is that of a subcommand");
  CHECK(error_of(array({entry6("set", 0, {}, 0, 0, 0)})) ==
        "entry 1 of COMMAND's reply ('set'): its arity is no number other than 0");
  CHECK(error_of(
            array({array({text("set"), number(3), number(3), number(1), number(1), number(1)})})) ==
        "entry 1 of COMMAND's reply ('set'): its flags are no array");
  CHECK(error_of(
            array({array({text("set"), number(3), array({}), number(1), text("1"), number(1)})})) ==
        "entry 1 of COMMAND's reply ('set'): its first key, last key and step are not all numbers");
  CHECK(error_of(array({entry7("gears", -2, {}, {}, {}, {good, text("x")})})) ==
        "entry 1 of COMMAND's reply ('gears'): subcommand 2: it is no array");
  CHECK(error_of(array({entry7("gears", -2, {}, {}, {}, {entry6("x|y", 2, {}, 0, 0, 0)})})) ==
        "entry 1 of COMMAND's reply ('gears'): subcommand 1: its name is that of another command's "
        "subcommand");
  CHECK(error_of(array({entry6(std::string(200, 'n'), 2, {}, 0, 0, 0)}))
            .ends_with("its name is longer than any command's"));
}

TEST_CASE("a reply that is no list of commands is refused") {
  CHECK(error_of(word("OK")) == "COMMAND's reply is no array");
  CHECK(error_of("-NOPERM no\r\n") == "COMMAND failed: NOPERM no");
  CHECK(overlaid(array({}))->size() == CommandTable::built_in()->size());
}

TEST_CASE("a reply with more commands than ids is refused") {
  std::string reply;
  constexpr std::size_t kCount = 40000;
  resp::append_array_header(reply, kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    reply += entry6("c" + std::to_string(i), 2, {}, 0, 0, 0);
  }
  CHECK(error_of(reply) == "COMMAND's reply has too many commands");
}

}  // namespace slotway::command
