#pragma once

#include <uv.h>

#include <memory>

namespace slotway::net {

/// Owns a libuv handle that lives on the heap, because libuv keeps using it until its close
/// callback. Destroying the owner closes the handle; the memory follows when libuv lets go of it,
/// so an owner may be destroyed at any time on the loop's thread, even inside the handle's own
/// callback.
template <typename RawHandle>
class Handle {
 public:
  Handle() : raw_(new RawHandle{}) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    auto* base = reinterpret_cast<uv_handle_t*>(raw_);
    if (base->loop == nullptr) {  // never initialised
      delete raw_;
      return;
    }
    raw_->data = nullptr;
    uv_close(base, [](uv_handle_t* closed) { delete reinterpret_cast<RawHandle*>(closed); });
  }

  [[nodiscard]] RawHandle* raw() noexcept { return raw_; }

 private:
  RawHandle* raw_;
};

}  // namespace slotway::net
