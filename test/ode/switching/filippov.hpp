// Filippov systems with one or two switching functions: classical examples for the switching stepper.
#pragma once

#include <functional>
#include <vector>

#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/ode/switching/piecewise_stepper.hpp"
#include "saddleflow/ode/switching/switched_system.hpp"

namespace saddleflow::test {

/// z(x); the Hessian may be left out where it vanishes.
struct SwitchFunction {
  std::function<Real(const Vector&)> value;
  std::function<Vector(const Vector&)> gradient;
  std::function<Matrix(const Vector&)> hessian;
};
/// normal . x - offset.
SwitchFunction plane(const Vector& normal, Real offset);

/// The field on one side (of two) or in one of the four corners; a Jacobian may be left out where constant.
struct SmoothField {
  std::function<Vector(const Vector&)> value;
  std::function<Matrix(const Vector&)> jacobian;
};
/// A x + b.
SmoothField affine(const Matrix& a, const Vector& b);
SmoothField constant(const Vector& b);

/// x' = sum over corners c of prod_k (s_k or 1 - s_k) f_c: bit k of c is set above surface k, s_k = 0 below
/// it and 1 above. Slopes of sliding surfaces from z_k' = 0: linear for one, bilinear for two.
class FilippovSystem final : public SwitchedSystem {
 public:
  /// One or two switches and 2 or 4 fields. `degree`: of the switches as polynomials.
  FilippovSystem(std::vector<SwitchFunction> switches, std::vector<SmoothField> fields, int degree = 1);
  FilippovSystem(const FilippovSystem& other);

  Index switch_count() const override { return static_cast<Index>(switches_.size()); }
  int degree() const override { return degree_; }
  void set_mode(const Mode& mode) override { mode_ = mode; }
  const Mode& mode() const override { return mode_; }
  System field() override { return System(rhs_); }
  void values(const Vector& x, Vector& z) override;
  void rates(const Vector& x, const std::vector<Index>& which, Vector& rate, Vector& unit) override;
  void slopes(const Vector& x, Vector& s) override;
  /// What least norms are to gradient flows: each slope solves z_k' = 0 or is at the bound where it comes
  /// nearest, given the others.
  bool least_norm(const Vector& x, Vector& s, Vector& attraction) override;
  Real project(Vector& x, const std::vector<Index>& which) override;
  Real drift(const Vector& x) override;
  void paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) override;

  /// In the mode, sliding slopes included.
  Vector rate(const Vector& x) const;
  Matrix jacobian(const Vector& x) const;

 private:
  struct Rhs {
    FilippovSystem* of;
    void operator()(const Vector& x, Vector& dxdt, Real /*t*/) const { dxdt = of->rate(x); }
    void jacobian(const Vector& x, Matrix& out, Real /*t*/) const { out = of->jacobian(x); }
  };

  const SwitchFunction& of(Index k) const { return switches_[static_cast<std::size_t>(k)]; }
  Vector all_slopes(const Vector& x) const;
  Vector mixed(const Vector& x, const Vector& s) const;
  Vector by_slope(const Vector& x, const Vector& s, Index k) const;
  Real one_slope(const Vector& x, Vector s, Index k) const;
  Vector two_slopes(const Vector& x) const;

  std::vector<SwitchFunction> switches_;
  std::vector<SmoothField> fields_;
  int degree_;
  Mode mode_;
  Rhs rhs_{this};
};

/// A change of the mode and the time at which the step that follows it begins.
struct SwitchRecord {
  Real t;
  Index index;
  ModeChangeKind kind;
  Side side;
};

/// A switching stepper around `method` at `rtol`, for a system that it keeps.
struct FilippovRun {
  FilippovRun(FilippovSystem of, const std::string& method, Real rtol, const Vector& x0);
  /// One step that does not go beyond `end`.
  void step(Real end);
  /// Steps to exactly `end`; the changes on the way are added to `records`.
  void drive(Real end);

  FilippovSystem system;
  PiecewiseStepper stepper;
  std::vector<SwitchRecord> records;
  int steps = 0;
};

}  // namespace saddleflow::test
