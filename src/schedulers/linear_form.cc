#include "schedulers/linear_form.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

namespace deepcache_gen {
namespace {

constexpr std::size_t kMostTermsAtOnce = 8;

}  // namespace

LinearForm::operator at::Tensor() const {
  if (terms_.size() == 1 && terms_.front().weight == 1) return tensor();
  std::vector<WeighedTensor> terms;
  for (const WeighedTensor& term : terms_) {
    if (term.weight != 0) terms.push_back(term);
  }
  if (terms.empty()) terms.push_back({tensor(), 0});
  while (terms.size() > kMostTermsAtOnce) {
    const auto end = terms.begin() + kMostTermsAtOnce;
    terms.front() = {operators_->weighted_sum({terms.begin(), end}), 1};
    terms.erase(terms.begin() + 1, end);
  }
  return operators_->weighted_sum(terms);
}

LinearForm operator+(const LinearForm& a, const LinearForm& b) {
  if (!a.operators_) return a.with(a.tensor() + b.tensor());
  LinearForm sum = a;
  sum.add(b, 1);
  return sum;
}

LinearForm operator-(const LinearForm& a, const LinearForm& b) {
  if (!a.operators_) return a.with(a.tensor() - b.tensor());
  LinearForm difference = a;
  difference.add(b, -1);
  return difference;
}

LinearForm operator*(const LinearForm& form, const at::Scalar& number) {
  if (!form.operators_) return form.with(form.tensor() * number);
  LinearForm product = form;
  product.scale(number.to<double>());
  return product;
}

LinearForm operator*(const at::Scalar& number, const LinearForm& form) { return form * number; }

LinearForm operator/(const LinearForm& form, const at::Scalar& number) {
  if (!form.operators_) return form.with(form.tensor() / number);
  LinearForm quotient = form;
  quotient.scale(1 / number.to<double>());
  return quotient;
}

void LinearForm::add(const LinearForm& other, double weight) {
  for (const WeighedTensor& added : other.terms_) {
    const auto same = std::find_if(terms_.begin(), terms_.end(),
                                   [&](const WeighedTensor& term) { return term.tensor.is_same(added.tensor); });
    if (same == terms_.end()) {
      terms_.push_back({added.tensor, weight * added.weight});
    } else {
      same->weight += weight * added.weight;
    }
  }
}

void LinearForm::scale(double weight) {
  for (WeighedTensor& term : terms_) term.weight *= weight;
}

}  // namespace deepcache_gen
