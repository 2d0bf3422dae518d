#include "stats/error_counts.h"

#include <doctest/doctest.h>

#include <string>

using slotway::stats::ErrorCounts;

TEST_CASE("errors are counted by their first word, in both protocols") {
  ErrorCounts errors;
  errors.add("-ERR no such thing\r\n");
  errors.add("-ERR\r\n");
  errors.add("!10\r\nERR a\nb c\r\n");
  errors.add("-WRONGTYPE Operation against a key\r\n");
  CHECK(errors.counts() == ErrorCounts::Counts{{"ERR", 3}, {"WRONGTYPE", 1}});
}

TEST_CASE("words that somebody makes up do not take up memory without end") {
  ErrorCounts errors;
  for (int i = 0; i < 1000; ++i) errors.add("-E" + std::to_string(i) + " text\r\n");
  errors.add("-E0 text\r\n");
  const ErrorCounts::Counts counts = errors.counts();
  CHECK(counts.size() == ErrorCounts::kMostWords + 1);
  CHECK(counts.at("E0") == 2);
  CHECK(counts.at("OTHER") == 1000 - ErrorCounts::kMostWords);
}
