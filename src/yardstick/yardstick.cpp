// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "yardstick/yardstick.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#if defined(TORPOR_DNNL)
#include <dnnl.hpp>

// Of the OpenMP that oneDNN may be built with; its variable is read before main.
extern "C" [[gnu::weak]] void omp_set_num_threads(int count);
#endif

namespace torpor {
namespace {

struct Product {
  std::size_t count;  // independent products
  std::size_t rows, in, out;
  bool constant_weights;
};

std::vector<Product> products_of(const ModelDims& dims, std::size_t batch) {
  const std::size_t d = dims.width;
  const std::size_t size = d / dims.heads;
  const std::size_t rows = batch * kTokens;
  std::vector<Product> list = {{1, batch * kBands, kBandInputs, d, true}, {1, batch, kGlobalInputs, d, true}};
  for (std::uint32_t i = 0; i < dims.layers; ++i)
    list.insert(list.end(), {{1, rows, d, 3 * d, true},
                             {batch * dims.heads, kTokens, size, kTokens, false},
                             {batch * dims.heads, kTokens, kTokens, size, false},
                             {1, rows, d, d, true},
                             {1, rows, d, dims.ffn, true},
                             {1, rows, dims.ffn, d, true}});
  list.insert(list.end(), {{1, batch, 2 * d, dims.head_hidden, true}, {1, batch, dims.head_hidden, 1, true}});
  return list;
}

#if defined(TORPOR_DNNL)

class DnnlYardstick : public Yardstick {
 public:
  DnnlYardstick(const ModelDims& dims, std::size_t batch) {
    if (omp_set_num_threads != nullptr) omp_set_num_threads(1);  // one thread, as ours
    for (const Product& p : products_of(dims, batch)) add(p);
  }
  std::string name() const override { return "oneDNN int8 products alone"; }
  void run() override {
    for (Step& step : steps_) step.product.execute(stream_, step.arguments);
    stream_.wait();
  }

 private:
  using memory = dnnl::memory;
  struct Step {
    dnnl::matmul product;
    std::unordered_map<int, memory> arguments;
  };

  void add(const Product& p) {
    const auto dims = [&](std::size_t rows, std::size_t columns) {
      const auto r = static_cast<memory::dim>(rows);
      const auto c = static_cast<memory::dim>(columns);
      return p.count == 1 ? memory::dims{r, c} : memory::dims{static_cast<memory::dim>(p.count), r, c};
    };
    const auto plain = p.count == 1 ? memory::format_tag::ab : memory::format_tag::abc;
    const memory::desc a(dims(p.rows, p.in), memory::data_type::u8, plain);
    const memory::desc b(dims(p.in, p.out), memory::data_type::s8,
                         p.constant_weights ? memory::format_tag::any : plain);
    const memory::desc c(dims(p.rows, p.out), memory::data_type::s32, plain);
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc plan(engine_, a, b, c);
#else
    const dnnl::matmul::primitive_desc plan({a, b, c}, engine_);
#endif
    const auto filled = [&](const memory::desc& desc) {
      memory made(desc, engine_);
      auto* bytes = static_cast<unsigned char*>(made.get_data_handle());
      for (std::size_t i = 0; i < desc.get_size(); ++i) bytes[i] = static_cast<unsigned char>(i * 31 % 61);
      return made;
    };
    steps_.push_back({dnnl::matmul(plan),
                      {{DNNL_ARG_SRC, filled(a)},
                       {DNNL_ARG_WEIGHTS, filled(plan.weights_desc())},
                       {DNNL_ARG_DST, filled(c)}}});
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::vector<Step> steps_;
};

#else

class LoopYardstick : public Yardstick {
 public:
  LoopYardstick(const ModelDims& dims, std::size_t batch) : products_(products_of(dims, batch)) {
    std::size_t a = 0, b = 0, c = 0;
    for (const Product& p : products_) {
      a = std::max(a, p.rows * p.in);
      b = std::max(b, p.in * p.out);
      c = std::max(c, p.rows * p.out);
    }
    a_.assign(a, 0.5f);
    b_.assign(b, 0.25f);
    c_.assign(c, 0.0f);
  }
  std::string name() const override { return "the same products in fp32 loops"; }
  void run() override {
    for (const Product& p : products_)
      for (std::size_t n = 0; n < p.count; ++n)
        for (std::size_t r = 0; r < p.rows; ++r)
          for (std::size_t i = 0; i < p.in; ++i)
            for (std::size_t o = 0; o < p.out; ++o) c_[r * p.out + o] += a_[r * p.in + i] * b_[i * p.out + o];
  }

 private:
  std::vector<Product> products_;
  std::vector<float> a_, b_, c_;
};

#endif

}  // namespace

std::unique_ptr<Yardstick> make_yardstick(const ModelDims& dims, std::size_t batch) {
#if defined(TORPOR_DNNL)
  return std::make_unique<DnnlYardstick>(dims, batch);
#else
  return std::make_unique<LoopYardstick>(dims, batch);
#endif
}

}  // namespace torpor
