// What a stepper knows of the equation it solves: a reference to any system, its type erased.
#pragma once

#include <concepts>
#include <type_traits>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Floating-point operations, by count and not by the clock, so that choices are the same on every machine;
/// 0: not known.
struct Operations {
  Real rhs = 0;
  Real hessian = 0;
};

// clang-format off
/// A system x' = f(x, t) in Odeint's sense is anything callable as sys(x, dxdt, t). It may offer more, found by
/// name; each is optional:
///
///   sys.hessian(x, H, t)              f = -grad L, H = Hess L (symmetric): the Jacobian is -H
///   sys.hessian_vector(x, v, out, t)  the same as a product, out = H v
///   sys.jacobian(x, J, t)             a general Jacobian df/dx, where there is no symmetric one; of systems
///                                     without either stiff methods take differences
///   sys.time_derivative(x, dfdt, t)   df/dt of a non-autonomous system (absent: autonomous)
///   sys.quadratures()                 q trailing components that no right-hand side depends on: integrals
///                                     carried with the solution. Hessian, Jacobian and product then speak of
///                                     the leading n = x.size() - q components only
///   sys.quadrature_jacobian(x, Q, t)  d(trailing rates)/d(leading components), q x n
///   sys.quadrature_rates(r, out)      the trailing rates, where they depend on the leading rates r alone: what
///                                     components that rest add to them by rounding can then be left out
///   sys.operations()                  what a right-hand side and a Hessian or Jacobian cost (Operations), for
///                                     the choice between explicit and stiff steps
// clang-format on
template <class S>
concept OdeSystem = requires(S& sys, const Vector& x, Vector& dxdt, Real t) {
  sys(x, dxdt, t);
};

/// Type-erased reference to a system (two words); the system must outlive it.
class System {
 public:
  template <class S>
  requires(!std::same_as<std::remove_cvref_t<S>, System> && OdeSystem<S>) System(S& sys)
      : object_(const_cast<std::remove_const_t<S>*>(&sys)), table_(&table_for<S>) {}  // NOLINT

  /// Odeint's call.
  void operator()(const Vector& x, Vector& dxdt, Real t) const { table_->rhs(object_, x, dxdt, t); }

  bool has_hessian() const { return table_->hessian != nullptr; }
  bool has_hessian_vector() const { return table_->hessian_vector != nullptr; }
  bool has_jacobian() const { return table_->jacobian != nullptr; }
  bool has_time_derivative() const { return table_->time_derivative != nullptr; }
  void hessian(const Vector& x, Matrix& out, Real t) const { table_->hessian(object_, x, out, t); }
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real t) const {
    table_->hessian_vector(object_, x, v, out, t);
  }
  void jacobian(const Vector& x, Matrix& out, Real t) const { table_->jacobian(object_, x, out, t); }
  void time_derivative(const Vector& x, Vector& out, Real t) const {
    table_->time_derivative(object_, x, out, t);
  }
  bool has_quadrature_jacobian() const { return table_->quadrature_jacobian != nullptr; }
  Operations operations() const { return table_->operations ? table_->operations(object_) : Operations(); }
  Index quadratures() const { return table_->quadratures ? table_->quadratures(object_) : 0; }
  void quadrature_jacobian(const Vector& x, Matrix& out, Real t) const {
    table_->quadrature_jacobian(object_, x, out, t);
  }
  bool has_quadrature_rates() const { return table_->quadrature_rates != nullptr; }
  void quadrature_rates(const Vector& rates, Vector& out) const {
    table_->quadrature_rates(object_, rates, out);
  }

 private:
  struct Table {
    void (*rhs)(void*, const Vector&, Vector&, Real) = nullptr;
    void (*hessian)(void*, const Vector&, Matrix&, Real) = nullptr;
    void (*hessian_vector)(void*, const Vector&, const Vector&, Vector&, Real) = nullptr;
    void (*jacobian)(void*, const Vector&, Matrix&, Real) = nullptr;
    void (*time_derivative)(void*, const Vector&, Vector&, Real) = nullptr;
    Index (*quadratures)(void*) = nullptr;
    void (*quadrature_jacobian)(void*, const Vector&, Matrix&, Real) = nullptr;
    void (*quadrature_rates)(void*, const Vector&, Vector&) = nullptr;
    Operations (*operations)(void*) = nullptr;
  };

  template <class S>
  static constexpr Table make_table() {
    Table table;
    table.rhs = [](void* s, const Vector& x, Vector& dxdt, Real t) { (*static_cast<S*>(s))(x, dxdt, t); };
    if constexpr (requires(S & s, const Vector& x, Matrix& m, Real t) { s.hessian(x, m, t); })
      table.hessian = [](void* s, const Vector& x, Matrix& m, Real t) {
        static_cast<S*>(s)->hessian(x, m, t);
      };
    if constexpr (requires(S & s, const Vector& x, Vector& v, Real t) { s.hessian_vector(x, x, v, t); })
      table.hessian_vector = [](void* s, const Vector& x, const Vector& v, Vector& out, Real t) {
        static_cast<S*>(s)->hessian_vector(x, v, out, t);
      };
    if constexpr (requires(S & s, const Vector& x, Matrix& m, Real t) { s.jacobian(x, m, t); })
      table.jacobian = [](void* s, const Vector& x, Matrix& m, Real t) {
        static_cast<S*>(s)->jacobian(x, m, t);
      };
    if constexpr (requires(S & s, const Vector& x, Vector& v, Real t) { s.time_derivative(x, v, t); })
      table.time_derivative = [](void* s, const Vector& x, Vector& v, Real t) {
        static_cast<S*>(s)->time_derivative(x, v, t);
      };
    if constexpr (requires(S & s) { s.quadratures(); })
      table.quadratures = [](void* s) -> Index { return static_cast<S*>(s)->quadratures(); };
    if constexpr (requires(S & s, const Vector& x, Matrix& m, Real t) { s.quadrature_jacobian(x, m, t); })
      table.quadrature_jacobian = [](void* s, const Vector& x, Matrix& m, Real t) {
        static_cast<S*>(s)->quadrature_jacobian(x, m, t);
      };
    if constexpr (requires(S & s, const Vector& r, Vector& out) { s.quadrature_rates(r, out); })
      table.quadrature_rates = [](void* s, const Vector& r, Vector& out) {
        static_cast<S*>(s)->quadrature_rates(r, out);
      };
    if constexpr (requires(S & s) { s.operations(); })
      table.operations = [](void* s) -> Operations { return static_cast<S*>(s)->operations(); };
    return table;
  }
  template <class S>
  static constexpr Table table_for = make_table<std::remove_const_t<S>>();

  void* object_;
  const Table* table_;
};

}  // namespace saddleflow
