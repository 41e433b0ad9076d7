#include "function.hpp"

#include <pybind11/eigen.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/families.hpp"
#include "saddleflow/problem/loss_registry.hpp"

namespace saddleflow::python {

namespace {

constexpr Real kNaN = std::numeric_limits<Real>::quiet_NaN();

/// Owned by C++ that may not hold the GIL.
template <class T>
std::shared_ptr<T> with_gil(T* object) {
  return std::shared_ptr<T>(object, [](T* p) {
    py::gil_scoped_acquire gil;
    delete p;
  });
}

py::array_t<double> to_array(const Vector& w) {
  py::array_t<double> array(w.size());
  std::copy(w.begin(), w.end(), array.mutable_data());
  return array;
}

/// As Python prints it.
std::string text_of(py::handle object) { return py::str(object).cast<std::string>(); }

std::string shape_of(const py::array& array) { return text_of(array.attr("shape")); }

[[noreturn]] void refuse(const char* what, const std::string& message) {
  throw py::value_error(std::string(what) + ": " + message);
}

/// Whatever NumPy makes an array of (JAX, PyTorch on the CPU), in double precision.
py::array checked_array(const char* what, const py::object& found) {
  const py::array array(found);  // throws what NumPy raises
  const py::dtype type = array.dtype();
  if (type.kind() == 'f' && type.itemsize() < static_cast<py::ssize_t>(sizeof(double)))
    refuse(what, "found " + text_of(type) +
                     ", expected float64 (JAX: jax.config.update(\"jax_enable_x64\", True); PyTorch: "
                     "dtype=torch.float64)");
  if (type.kind() != 'f' && type.kind() != 'i') refuse(what, "found " + text_of(type) + ", expected float64");
  return array;
}

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

Doubles numbers(const char* what, const py::object& found, const std::vector<Index>& shape) {
  const py::array array = checked_array(what, found);
  bool same = array.ndim() == static_cast<py::ssize_t>(shape.size());
  for (std::size_t i = 0; same && i < shape.size(); ++i)
    same = array.shape(static_cast<py::ssize_t>(i)) == shape[i];
  if (!same)
    refuse(what, "found the shape " + shape_of(array) + ", expected " + text_of(py::tuple(py::cast(shape))));
  return Doubles::ensure(array);
}

Real number(const char* what, const py::object& found) {
  if (PyFloat_Check(found.ptr())) return PyFloat_AS_DOUBLE(found.ptr());
  const py::array array = checked_array(what, found);
  if (array.size() != 1) refuse(what, "found the shape " + shape_of(array) + ", expected one number");
  return *Doubles::ensure(array).data();
}

void store(const char* what, const py::object& found, Index size, Vector& out) {
  out.resize(size);
  if (py::isinstance<py::array_t<double>>(found)) {  // as a rule, and faster
    const auto array = py::reinterpret_borrow<py::array_t<double>>(found);
    if (array.ndim() == 1 && array.shape(0) == size) {
      const auto view = array.unchecked<1>();
      for (Index i = 0; i < size; ++i) out[i] = view(i);
      return;
    }
  }
  const Doubles array = numbers(what, found, {size});
  std::copy(array.data(), array.data() + size, out.begin());
}

}  // namespace

struct Function::State {
  Callables callables;
  std::shared_ptr<py::object> cause;  ///< what was raised first
  std::string message;

  /// With the GIL, from a handler.
  void fail(const char* what, py::error_already_set& error) {
    if (cause) return;
    const py::object lines = py::module_::import("traceback")
                                 .attr("format_exception")(error.type(), error.value(),
                                                           error.trace() ? error.trace() : py::none());
    message = std::string(what) + ": " + py::str("").attr("join")(lines).cast<std::string>();
    while (!message.empty() && message.back() == '\n') message.pop_back();
    if (error.trace()) error.value().attr("__traceback__") = error.trace();
    cause = with_gil(new py::object(error.value()));
    throw CallableError(message, cause);
  }

  /// work() with the GIL; false where it failed, not for the first time.
  template <class Work>
  bool call(const char* what, Work work) {
    py::gil_scoped_acquire gil;
    try {
      work();
      return true;
    } catch (py::error_already_set& error) {
      fail(what, error);
    } catch (const py::builtin_exception& error) {  // refuse(): as one of Python's
      error.set_error();
      py::error_already_set raised;
      fail(what, raised);
    }
    return false;
  }
};

namespace {

using Shared = std::shared_ptr<Function::State>;

void add_values(const Shared& state, FunctionProblem& problem) {
  const Callables& given = state->callables;
  if (!given.value.is_none())
    problem.value = [state](const Vector& w) {
      Real value = kNaN;
      state->call("value", [&] { value = number("value", state->callables.value(to_array(w))); });
      return value;
    };
  if (!given.gradient.is_none())
    problem.gradient = [state](const Vector& w, Vector& g) {
      if (!state->call("gradient",
                       [&] { store("gradient", state->callables.gradient(to_array(w)), w.size(), g); }))
        g.setConstant(w.size(), kNaN);
    };
  if (given.value_and_gradient.is_none()) return;
  problem.value_and_gradient = [state](const Vector& w, Vector& g) {
    Real value = kNaN;
    const bool done = state->call("value_and_gradient", [&] {
      const py::object both = state->callables.value_and_gradient(to_array(w));
      if (!py::isinstance<py::tuple>(both) || py::len(both) != 2)
        refuse("value_and_gradient",
               "found " + text_of(py::type::of(both)) + ", expected a tuple of value and gradient");
      const auto pair = py::reinterpret_borrow<py::tuple>(both);
      value = number("value_and_gradient: value", pair[0]);
      store("value_and_gradient: gradient", pair[1], w.size(), g);
    });
    if (!done) g.setConstant(w.size(), kNaN);
    return done ? value : kNaN;
  };
}

void add_second_derivatives(const Shared& state, FunctionProblem& problem) {
  if (!state->callables.hessian_vector.is_none())
    problem.hessian_vector = [state](const Vector& w, const Vector& v, Vector& out) {
      const bool done = state->call("hessian_vector", [&] {
        store("hessian_vector", state->callables.hessian_vector(to_array(w), to_array(v)), w.size(), out);
      });
      if (!done) out.setConstant(w.size(), kNaN);
    };
  if (state->callables.hessian.is_none()) return;
  problem.hessian = [state](const Vector& w, Matrix& out) {
    const bool done = state->call("hessian", [&] {
      const Doubles array = numbers("hessian", state->callables.hessian(to_array(w)), {w.size(), w.size()});
      std::copy(array.data(), array.data() + array.size(), out.data());  // symmetric
    });
    if (!done) out.setConstant(w.size(), w.size(), kNaN);
  };
}

thread_local FunctionPointer active_function;

std::shared_ptr<const Network> make_active(const NetworkSpec& spec) {
  spec.require_layers(1, "one for function: the number of weights");
  if (!active_function)
    throw NetworkKeyError(
        "kind",
        "found \"function\", whose value and gradient are callables of Python, expected them: "
        "function=... of saddleflow.open() and of the other functions of the package");
  if (spec.layers[0] != active_function->size)
    throw NetworkKeyError("layers", "found " + std::to_string(spec.layers[0]) + " weights, expected the " +
                                        std::to_string(active_function->size) + " of the function");
  const Index degree = spec.integer("degree", 0);
  if (degree != active_function->degree)
    throw NetworkKeyError("degree", "found " + std::to_string(degree) + ", expected " +
                                        std::to_string(active_function->degree) + " of the function");
  return function_network(active_function);
}

LossPointer make_active_loss() {
  if (active_function) return function_loss(active_function);
  auto none = std::make_shared<FunctionProblem>();  // whose targets nothing fits
  none->reference = kNaN;
  return function_loss(std::move(none));
}

/// Whether what the callable returns at w is finite; CallableError as ever.
bool try_call(const Function& function, const std::string& what, const Vector& w) {
  const FunctionProblem& problem = *function.problem();
  Vector out(w.size());
  if (what == "value") return std::isfinite(problem.value(w));
  if (what == "gradient") {
    problem.gradient(w, out);
  } else if (what == "value_and_gradient") {
    if (!std::isfinite(problem.value_and_gradient(w, out))) return false;
  } else if (what == "hessian_vector") {
    problem.hessian_vector(w, w, out);
  } else if (what == "hessian") {
    Matrix whole(w.size(), w.size());
    problem.hessian(w, whole);
    return whole.allFinite();
  } else {
    throw InputError("function: found no callable " + what);
  }
  return out.allFinite();
}

}  // namespace

Function::Function(Index size, Callables callables, std::vector<std::vector<Index>> neurons, int degree,
                   std::optional<double> infimum, double reference, bool attained, bool smooth)
    : state_(with_gil(new State{std::move(callables), nullptr, {}})) {
  auto problem = std::make_shared<FunctionProblem>();
  problem->size = size;
  problem->neurons = std::move(neurons);
  problem->degree = degree;
  problem->infimum = infimum;
  problem->reference = reference;
  problem->attained = attained;
  problem->smooth = smooth;
  add_values(state_, *problem);
  add_second_derivatives(state_, *problem);
  check_function(*problem);
  problem_ = std::move(problem);
}

void Function::begin() const {
  state_->cause.reset();
  state_->message.clear();
}

void Function::end() const {
  if (state_->cause) throw CallableError(state_->message, state_->cause);
}

py::object Function::failure() const { return state_->cause ? *state_->cause : py::none(); }

ActiveFunction::ActiveFunction(const Function* function) : before_(active_function) {
  active_function = function != nullptr ? function->problem() : nullptr;
  if (function != nullptr) function->begin();
}

ActiveFunction::~ActiveFunction() { active_function = before_; }

void register_function_kinds() {
  register_network_family({"function",
                           "the number of weights",
                           &make_active,
                           {{"degree",
                             KeyType::integer,
                             "",
                             "function: degree of L(0) - L(w) at the origin; 0: not known",
                             {},
                             ">= 0"}}});
  register_loss({"function", &make_active_loss, "the output of network.kind = \"function\""});
}

void add_function(py::module_& m) {
  py::class_<Function>(m, "Function")
      .def(py::init([](Index size, py::object value, py::object gradient, py::object value_and_gradient,
                       py::object hessian_vector, py::object hessian, std::vector<std::vector<Index>> neurons,
                       int degree, std::optional<double> infimum, double reference, bool attained,
                       bool smooth) {
        return Function(size,
                        {std::move(value), std::move(gradient), std::move(value_and_gradient),
                         std::move(hessian_vector), std::move(hessian)},
                        std::move(neurons), degree, infimum, reference, attained, smooth);
      }))
      .def_property_readonly("failure", &Function::failure)
      .def("begin", &Function::begin)
      .def("try_call", &try_call);
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const CallableError& error) {
      const py::object type = py::module_::import("saddleflow._core").attr("NumericalError");
      const py::object raised = type(error.what());
      raised.attr("__cause__") = error.cause();
      PyErr_SetObject(type.ptr(), raised.ptr());
    }
  });
}

}  // namespace saddleflow::python
