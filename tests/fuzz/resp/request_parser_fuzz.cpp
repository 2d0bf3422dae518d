// What a client sends is understood alike however it is cut, and nothing is made of it that it does
// not say.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fuzz_input.h"
#include "resp/request_parser.h"
#include "support/expect.h"

namespace {

using slotway::resp::ParseStatus;
using slotway::resp::RequestLimits;
using slotway::resp::RequestParser;
using slotway::test::expect;

constexpr RequestLimits kLimits{.max_bulk_bytes = 4'096,
                                .max_arguments = 64,
                                .max_inline_bytes = 512,
                                .max_request_bytes = 16'384};

/// Parses as a session does: what is unfinished stays and is offered again with more behind it.
class Reader {
 public:
  void feed(std::string_view piece) {
    kept_.append(piece);
    std::size_t position = 0;
    while (!failed_ && position < kept_.size()) {
      const std::string_view bytes = std::string_view(kept_).substr(position);
      const ParseStatus status = parser_.parse(bytes, kLimits);
      if (status == ParseStatus::incomplete) break;
      if (status == ParseStatus::error) {
        expect(!parser_.error().empty(), "an error is told in words");
        log_.push_back("error " + parser_.error());
        failed_ = true;
        break;
      }
      expect(parser_.consumed() > 0 && parser_.consumed() <= bytes.size(), "some bytes are used");
      if (status == ParseStatus::complete) note();
      position += parser_.consumed();
    }
    kept_.erase(0, position);
  }

  [[nodiscard]] const std::vector<std::string>& log() const noexcept { return log_; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  void note() {
    const auto request = parser_.request();
    expect(request.size() > 0, "a request has a name");
    expect(
        request.size() <= static_cast<std::size_t>(kLimits.max_arguments) || parser_.was_inline(),
        "limits hold");
    log_.emplace_back(request.bytes());
    // What is sent on must say the same again.
    RequestParser again;
    expect(again.parse(request.bytes(), {}) == ParseStatus::complete, "it can be sent on");
    expect(again.consumed() == request.bytes().size(), "it is one request");
    expect(again.request().size() == request.size(), "with as many arguments");
    for (std::size_t i = 0; i < request.size(); ++i) {
      expect(again.request()[i] == request[i], "which are the same");
    }
  }

  RequestParser parser_;
  std::string kept_;
  std::vector<std::string> log_;
  bool failed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slotway::test::FuzzInput input(data, size);
  const std::size_t step = 1 + input.below(32);
  const std::string_view bytes = input.rest();
  Reader whole;
  whole.feed(bytes);
  Reader cut;
  for (std::size_t at = 0; at < bytes.size(); at += step) cut.feed(bytes.substr(at, step));
  expect(whole.log() == cut.log(), "the cuts make no difference");
  return 0;
}
