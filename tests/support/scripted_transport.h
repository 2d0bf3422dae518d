#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/transport.h"
#include "support/expect.h"

namespace slotway::test {

inline constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

/// The far end of a ScriptedTransport, and the kernel in between, in the hands of a test. It
/// outlives the transport. Nothing happens by itself: bytes arrive, leave and end when the test
/// says so.
///
/// It also holds the transport's user to its contract: no try_write beside a write_later, no empty
/// write, bytes that stay where they are and as they are until they are written.
class ScriptedPeer {
 public:
  // What the test does
  // -----------------------------------------------------------------------------

  /// The connection asked for is there.
  void connect() {
    expect(is_open(), "connect after close");
    handler_->on_connected();
  }

  /// The peer sends bytes; they wait in the kernel until they are read.
  void send(std::string_view bytes) { unread_.append(bytes); }

  /// One read of at most `size` bytes, if the transport is reading. Returns how many were read.
  std::size_t deliver(std::size_t size = kUnlimited) {
    if (!is_open() || !reading_ || (unread_.empty() && !end_sent_)) return 0;
    const std::span<char> room = handler_->read_room();
    if (room.empty()) {
      reading_ = false;
      return 0;
    }
    if (unread_.empty()) {
      reading_ = end_sent_ = false;
      handler_->on_end(net::End::by_peer, "closed by the other side");
      return 0;
    }
    const std::size_t taken = std::min({size, room.size(), unread_.size()});
    std::memcpy(room.data(), unread_.data(), taken);
    unread_.erase(0, taken);
    handler_->on_read(taken);
    return taken;
  }

  /// The peer sends nothing more. Like the bytes before it, this is found by reading.
  void send_end() noexcept { end_sent_ = true; }

  /// Reads until nothing is left or the transport reads no more.
  void deliver_all(std::size_t size_each = kUnlimited) {
    while (deliver(size_each) > 0) {
    }
  }

  /// send and deliver_all.
  void say(std::string_view bytes) {
    send(bytes);
    deliver_all();
  }

  /// How many bytes the kernel still takes before the peer reads.
  void set_kernel_room(std::size_t room) {
    kernel_room_ = room;
    write_waiting();
  }
  [[nodiscard]] std::size_t kernel_room() const noexcept { return kernel_room_; }

  /// The next try_write finds the connection broken.
  void break_at_next_write() noexcept { breaks_at_write_ = true; }
  /// start_reading fails at once, as on a descriptor that is none.
  void break_at_start_of_reading() noexcept { breaks_at_start_ = true; }

  /// The peer has ended the connection. A failure reaches the user whatever it does, an orderly end
  /// only when it reads and has read everything before it.
  void end(net::End end, std::string_view reason = "ended by the test") {
    if (!is_open() || failed_) return;
    if (end == net::End::failed) failed_ = true;
    handler_->on_end(end, reason);
  }

  /// What the transport's user has written and the kernel has taken.
  [[nodiscard]] const std::string& received() const noexcept { return received_; }
  [[nodiscard]] std::string take_received() { return std::exchange(received_, {}); }

  [[nodiscard]] bool is_open() const noexcept { return state_ == State::open; }
  /// close() has been called; on_closed is still to come.
  [[nodiscard]] bool is_closing() const noexcept { return state_ == State::closing; }
  [[nodiscard]] bool is_closed() const noexcept { return state_ == State::closed; }
  [[nodiscard]] bool is_reading() const noexcept { return is_open() && reading_; }
  [[nodiscard]] bool has_waiting_write() const noexcept { return !waiting_.empty(); }
  [[nodiscard]] std::size_t unread() const noexcept { return unread_.size(); }

  /// The later turn in which a close is reported.
  void finish_close() {
    if (state_ != State::closing) return;
    state_ = State::closed;
    std::exchange(handler_, nullptr)->on_closed();
  }

 private:
  friend class ScriptedTransport;
  enum class State : unsigned char { open, closing, closed };

  /// Bytes of a write_later, and what they were when it was called.
  struct WaitingPiece {
    std::string_view view;
    std::string content;
  };

  void write_waiting() {
    if (waiting_.empty() || !is_open()) return;
    while (waiting_begin_ < waiting_.size()) {
      WaitingPiece& piece = waiting_[waiting_begin_];
      expect(piece.view == piece.content, "bytes changed while they were being written");
      const std::size_t taken = std::min(kernel_room_, piece.view.size());
      take(piece.view.substr(0, taken));
      piece.view.remove_prefix(taken);
      piece.content.erase(0, taken);
      if (!piece.view.empty()) return;
      ++waiting_begin_;
    }
    waiting_.clear();
    waiting_begin_ = 0;
    handler_->on_write_drained();
  }

  void take(std::string_view bytes) {
    received_.append(bytes);
    if (kernel_room_ != kUnlimited) kernel_room_ -= bytes.size();
  }

  net::TransportHandler* handler_ = nullptr;
  State state_ = State::open;
  bool reading_ = false;
  bool failed_ = false;
  bool end_sent_ = false;
  bool breaks_at_write_ = false;
  bool breaks_at_start_ = false;
  std::string unread_;
  std::string received_;
  std::size_t kernel_room_ = kUnlimited;
  std::vector<WaitingPiece> waiting_;
  std::size_t waiting_begin_ = 0;
};

/// A Transport without a socket: what a ScriptedPeer says, happens.
class ScriptedTransport final : public net::Transport {
 public:
  ScriptedTransport(std::shared_ptr<ScriptedPeer> peer, net::TransportHandler& handler)
      : peer_(std::move(peer)) {
    peer_->handler_ = &handler;
  }
  ~ScriptedTransport() override {
    expect(peer_->is_closed(), "a transport was destroyed before it was closed");
  }

  void start_reading() override {
    if (!peer_->is_open()) return;
    if (peer_->breaks_at_start_) {
      peer_->end(net::End::failed, "not connected");
      return;
    }
    peer_->reading_ = true;
  }
  void stop_reading() override { peer_->reading_ = false; }

  std::size_t try_write(std::span<const std::string_view> pieces) override {
    if (!peer_->is_open() || peer_->failed_) return 0;
    expect(!peer_->has_waiting_write(), "try_write beside a write_later");
    expect(total(pieces) > 0, "try_write of nothing");
    if (peer_->breaks_at_write_) {
      peer_->end(net::End::failed, "broken pipe");
      return 0;
    }
    std::size_t written = 0;
    for (const std::string_view piece : pieces) {
      const std::size_t taken = std::min(peer_->kernel_room_, piece.size());
      peer_->take(piece.substr(0, taken));
      written += taken;
      if (taken < piece.size()) break;
    }
    return written;
  }

  void write_later(std::span<const std::string_view> pieces) override {
    if (!peer_->is_open() || peer_->failed_) return;
    expect(!peer_->has_waiting_write(), "write_later beside a write_later");
    expect(total(pieces) > 0, "write_later of nothing");
    for (const std::string_view piece : pieces) {
      peer_->waiting_.push_back({piece, std::string(piece)});
    }
  }

  void close() override {
    if (!peer_->is_open()) return;
    peer_->state_ = ScriptedPeer::State::closing;
    peer_->waiting_.clear();
    peer_->waiting_begin_ = 0;
  }

 private:
  static std::size_t total(std::span<const std::string_view> pieces) {
    std::size_t size = 0;
    for (const std::string_view piece : pieces) size += piece.size();
    return size;
  }

  std::shared_ptr<ScriptedPeer> peer_;
};

/// What the kernel does between two turns: a write that waits goes on as far as there is room.
/// Separate from set_kernel_room so that a write_later made with room left is drained in a later
/// turn, as a loop does it.
inline void run_kernel(ScriptedPeer& peer) { peer.set_kernel_room(peer.kernel_room()); }

}  // namespace slotway::test
