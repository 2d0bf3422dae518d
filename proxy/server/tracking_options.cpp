#include "server/tracking_options.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

#include "command/ascii.h"

namespace slotway::server {

using command::equal_ignoring_case;

namespace {

constexpr std::string_view kSyntaxError = "ERR syntax error";

struct Switch {
  std::string_view word;
  bool TrackingOptions::* option;
};
constexpr std::array kSwitches = {
    Switch{"bcast", &TrackingOptions::broadcast},
    Switch{"optin", &TrackingOptions::opt_in},
    Switch{"optout", &TrackingOptions::opt_out},
    Switch{"noloop", &TrackingOptions::no_loop},
};

bool set_switch(TrackingOptions& options, std::string_view word) noexcept {
  for (const Switch& known : kSwitches) {
    if (!equal_ignoring_case(word, known.word)) continue;
    options.*known.option = true;
    return true;
  }
  return false;
}

std::string_view set_redirect(TrackingRequest& read, std::string_view text) {
  if (read.redirect) return "ERR A client can only redirect to a single other client";
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) {
    return "ERR value is not an integer or out of range";
  }
  read.redirect = id;
  read.options.redirect = static_cast<std::uint64_t>(id);
  return {};
}

// Two prefixes that some key has both of.
bool overlap(std::string_view left, std::string_view right) noexcept {
  return left.starts_with(right) || right.starts_with(left);
}

std::string find_collision(const TrackingOptions* current, const std::vector<std::string>& wanted) {
  constexpr std::string_view kRule = "Prefixes for a single client must not overlap.";
  for (auto prefix = wanted.begin(); prefix != wanted.end(); ++prefix) {
    if (current != nullptr) {
      for (const std::string& known : current->prefixes) {
        if (!overlap(known, *prefix)) continue;
        return fmt::format("ERR Prefix '{}' overlaps with an existing prefix '{}'. {}", *prefix,
                           known, kRule);
      }
    }
    for (auto other = std::next(prefix); other != wanted.end(); ++other) {
      if (!overlap(*prefix, *other)) continue;
      return fmt::format("ERR Prefix '{}' overlaps with another provided prefix '{}'. {}", *prefix,
                         *other, kRule);
    }
  }
  return {};
}

std::string find_conflict(const TrackingOptions* current, const TrackingRequest& request) {
  const TrackingOptions& wanted = request.options;
  constexpr std::string_view kFirstOff =
      " before disabling tracking for this client, and then re-enabling it with a different mode.";
  if (!wanted.broadcast && !request.prefixes.empty()) {
    return "ERR PREFIX option requires BCAST mode to be enabled";
  }
  if (current != nullptr && current->broadcast != wanted.broadcast) {
    return fmt::format("ERR You can't switch BCAST mode on/off{}", kFirstOff);
  }
  if (wanted.broadcast && (wanted.opt_in || wanted.opt_out)) {
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  }
  if (wanted.opt_in && wanted.opt_out) {
    return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  }
  if (current != nullptr &&
      ((wanted.opt_in && current->opt_out) || (wanted.opt_out && current->opt_in))) {
    return fmt::format("ERR You can't switch OPTIN/OPTOUT mode{}", kFirstOff);
  }
  return wanted.broadcast ? find_collision(current, request.prefixes) : std::string();
}

}  // namespace

// Prefixes do not overlap, but for "": if any is the key's, it is the last of those not behind it.
bool TrackingOptions::has_prefix_of(std::string_view key) const {
  if (prefixes.empty()) return false;
  if (prefixes.begin()->empty()) return true;
  const auto behind = prefixes.upper_bound(key);
  return behind != prefixes.begin() && key.starts_with(*std::prev(behind));
}

TrackingRequest parse_tracking(const resp::RequestView& request) {
  TrackingRequest read;
  for (std::size_t i = 3; i < request.size() && read.error.empty(); ++i) {
    const bool has_value = i + 1 < request.size();
    if (has_value && equal_ignoring_case(request[i], "redirect")) {
      read.error = set_redirect(read, request[++i]);
    } else if (has_value && equal_ignoring_case(request[i], "prefix")) {
      read.prefixes.emplace_back(request[++i]);
    } else if (!set_switch(read.options, request[i])) {
      read.error = kSyntaxError;
    }
  }
  read.on = equal_ignoring_case(request[2], "on");
  if (read.error.empty() && !read.on && !equal_ignoring_case(request[2], "off")) {
    read.error = kSyntaxError;
  }
  return read;
}

std::expected<TrackingOptions, std::string> merge_tracking(const TrackingOptions* current,
                                                           const TrackingRequest& request) {
  if (std::string error = find_conflict(current, request); !error.empty()) {
    return std::unexpected(std::move(error));
  }
  TrackingOptions merged = request.options;
  if (!merged.broadcast) return merged;
  merged.prefixes.insert(request.prefixes.begin(), request.prefixes.end());
  if (merged.prefixes.empty()) merged.prefixes.emplace();
  if (current != nullptr)
    merged.prefixes.insert(current->prefixes.begin(), current->prefixes.end());
  return merged;
}

}  // namespace slotway::server
