#include "upstream/retained_output.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using slotway::upstream::RetainedOutput;

namespace {

// The same, as simple as it can be: every request a string, and how many of all bytes have been
// handed over.
class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {}

  void extend(std::size_t size) {
    std::string request(size, '\0');
    for (char& c : request) c = static_cast<char>(random_());
    std::ranges::copy(request, output_.extend(size));
    unsent_ += request;
    requests_.push_back(std::move(request));
  }

  void hand_over(std::size_t size) {
    output_.mark_handed_over(size);
    unsent_.erase(0, size);
  }

  void release() {
    output_.release(requests_.front().size());
    requests_.pop_front();
  }

  [[nodiscard]] std::size_t front_size() const { return requests_.front().size(); }
  [[nodiscard]] bool empty() const { return requests_.empty(); }
  [[nodiscard]] std::size_t unsent() const { return unsent_.size(); }
  [[nodiscard]] std::size_t retained() const {
    std::size_t size = 0;
    for (const std::string& request : requests_) size += request.size();
    return size;
  }
  [[nodiscard]] bool front_handed_over() const { return unsent() + front_size() <= retained(); }

  void check() const {
    REQUIRE(output_.unsent_bytes() == unsent());
    REQUIRE(output_.retained_bytes() == retained());
    if (!empty()) {
      REQUIRE(output_.front(front_size()) == requests_.front());
      REQUIRE(output_.front_handed_over(front_size()) == front_handed_over());
    }
    std::array<std::string_view, 64> pieces;
    const std::size_t count = output_.gather(pieces);
    std::string gathered;
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(!pieces[i].empty());
      gathered += pieces[i];
    }
    // More pieces than places: the first of them.
    REQUIRE((gathered == unsent_ || (count == pieces.size() && unsent_.starts_with(gathered))));
    std::array<std::string_view, 1> one;
    REQUIRE(output_.gather(one) == (unsent() > 0 ? 1 : 0));
  }

  RetainedOutput& output() { return output_; }
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void clear() {
    output_.clear();
    requests_.clear();
    unsent_.clear();
  }

 private:
  std::mt19937 random_;
  RetainedOutput output_;
  std::deque<std::string> requests_;
  std::string unsent_;
};

}  // namespace

TEST_CASE("requests are kept until they are released, and written once") {
  RetainedOutput output;
  std::ranges::copy(std::string_view("first"), output.extend(5));
  std::ranges::copy(std::string_view("second"), output.extend(6));
  CHECK(output.unsent_bytes() == 11);
  std::array<std::string_view, 4> pieces;
  REQUIRE(output.gather(pieces) == 1);
  CHECK(pieces[0] == "firstsecond");

  output.mark_handed_over(7);
  CHECK(output.front_handed_over(5));
  REQUIRE(output.gather(pieces) == 1);
  CHECK(pieces[0] == "cond");

  output.release(5);
  CHECK(output.front(6) == "second");
  CHECK_FALSE(output.front_handed_over(6));
  output.mark_handed_over(4);
  CHECK(output.front_handed_over(6));
  CHECK(output.gather(pieces) == 0);
  output.release(6);
  CHECK(output.retained_bytes() == 0);
}

TEST_CASE("a request stays where it is while others come and go") {
  RetainedOutput output;
  std::ranges::copy(std::string_view("stay"), output.extend(4));
  const char* const place = output.front(4).data();
  for (int i = 0; i < 1'000; ++i) std::ranges::fill_n(output.extend(100), 100, 'x');
  CHECK(output.front(4).data() == place);
  CHECK(output.front(4) == "stay");
}

TEST_CASE("a request larger than a chunk lies in one piece") {
  RetainedOutput output;
  std::ranges::fill_n(output.extend(10), 10, 'a');
  std::ranges::fill_n(output.extend(100'000), 100'000, 'b');
  std::ranges::fill_n(output.extend(10), 10, 'c');
  output.mark_handed_over(10);
  output.release(10);
  CHECK(output.front(100'000) == std::string(100'000, 'b'));
}

TEST_CASE(
    "whatever is appended, handed over and released, nothing is lost, moved or written twice") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    Model model(seed);
    for (int step = 0; step < 600; ++step) {
      const std::size_t choice = model.below(100);
      if (choice < 40 && model.retained() < 3'000'000) {
        static constexpr std::array<std::size_t, 5> kSizes{40, 400, 8'000, 17'000, 100'000};
        model.extend(1 + model.below(kSizes[model.below(kSizes.size())]));
      } else if (choice < 65) {
        model.hand_over(model.below(model.unsent() + 1));
      } else if (choice < 98) {
        while (!model.empty() && model.front_handed_over() && model.below(8) != 0) model.release();
      } else if (choice == 98) {
        model.hand_over(model.unsent());
        while (!model.empty()) model.release();
      } else {
        // A connection that ends reports what is left, sent or not, and begins anew.
        while (!model.empty()) {
          const bool handed_over = model.front_handed_over();
          REQUIRE(model.output().front_handed_over(model.front_size()) == handed_over);
          const std::size_t unsent_part =
              handed_over ? 0 : std::min(model.front_size(), model.unsent());
          model.hand_over(unsent_part);
          model.release();
        }
        model.clear();
      }
      model.check();
    }
  }
}

TEST_CASE("after a clear nothing of the old output is left") {
  RetainedOutput output;
  std::ranges::fill_n(output.extend(20'000), 20'000, 'x');
  output.mark_handed_over(5);
  output.clear();
  CHECK(output.unsent_bytes() == 0);
  CHECK(output.retained_bytes() == 0);
  std::ranges::copy(std::string_view("new"), output.extend(3));
  std::array<std::string_view, 2> pieces;
  REQUIRE(output.gather(pieces) == 1);
  CHECK(pieces[0] == "new");
}
