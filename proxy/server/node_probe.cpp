#include "server/node_probe.h"

#include <array>
#include <cassert>
#include <utility>

namespace slotway::server {

NodeProbe::NodeProbe(cluster::Endpoint endpoint, const upstream::Credentials& credentials,
                     const std::vector<std::string>& requests, upstream::Connector& connector,
                     Done done)
    : endpoint_(std::move(endpoint)),
      handshake_(credentials, 2, false),
      replies_owed_(requests.size()),
      connector_(connector),
      done_(std::move(done)),
      read_buffer_(std::size_t{16} << 10) {
  for (const std::string& request : requests) requests_ += request;
}

NodeProbe::~NodeProbe() { assert(gone()); }

void NodeProbe::start() {
  transport_ = connector_.connect(endpoint_, *this);
  if (finished_) transport_->close();  // failed before there was a transport to close
}

void NodeProbe::send(std::string_view bytes) {
  const std::array pieces{bytes};
  transport_->write_later(pieces);
}

void NodeProbe::on_connected() {
  transport_->start_reading();
  if (!finished_) send(handshake_.finished() ? requests_ : handshake_.request());
}

void NodeProbe::on_read(std::size_t size) {
  if (finished_) return;
  const std::string_view bytes{read_buffer_.data(), size};
  if (handshake_.finished()) {
    read_replies(bytes);
  } else {
    read_handshake(bytes);
  }
}

void NodeProbe::read_handshake(std::string_view bytes) {
  switch (handshake_.receive(bytes)) {
    case upstream::Handshake::State::waiting:
      return;
    case upstream::Handshake::State::step_done:
      send(handshake_.request());
      return;
    case upstream::Handshake::State::finished:
      send(requests_);
      return;
    case upstream::Handshake::State::failed:
      cancel(handshake_.error());
      return;
  }
}

void NodeProbe::read_replies(std::string_view bytes) {
  arrived_.append(bytes);
  if (arrived_.size() > kMaxReplyBytes) {
    cancel("its reply is too large for a topology");
    return;
  }
  while (replies_owed_ > 0 && !arrived_.empty()) {
    const resp::ScanResult scanned = scanner_.scan(arrived_);
    if (scanned.status == resp::ScanStatus::incomplete) return;
    if (scanned.status == resp::ScanStatus::error) {
      cancel("it does not speak the Redis protocol");
      return;
    }
    auto tree = resp::ReplyTree::parse(std::string_view(arrived_).substr(0, scanned.consumed));
    if (!tree) {
      cancel(tree.error());
      return;
    }
    replies_.push_back(std::move(*tree));
    arrived_.erase(0, scanned.consumed);
    --replies_owed_;
  }
  if (replies_owed_ == 0) finish(std::move(replies_));
}

void NodeProbe::cancel(std::string_view reason) {
  if (!finished_) finish(std::unexpected(std::string(reason)));
}

void NodeProbe::finish(Result result) {
  finished_ = true;
  if (transport_ != nullptr) transport_->close();
  done_(*this, std::move(result));
}

}  // namespace slotway::server
