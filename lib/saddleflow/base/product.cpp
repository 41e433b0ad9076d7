#include "saddleflow/base/product.hpp"

#include <algorithm>
#include <utility>

namespace saddleflow {
namespace {

using Packet = Eigen::internal::packet_traits<Real>::type;
constexpr Index kLanes = kFewRows;
// A tile has so many registers of rows and so many columns: with the factors they fill the registers.
constexpr int kTallest = 3;
constexpr int kWidest = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 4;
// A copy of the left factor's rows pays when more tiles than these read it, and it is more than a part of the
// first cache.
constexpr Index kFewTiles = 4;
constexpr Index kSmallFactor = 2048;

/// Entry (i, j) at data[i * row + j * column].
struct Factor {
  const Real* data;
  Index row, column;
  const Real* at(Index i, Index j) const { return data + i * row + j * column; }
};

Factor plain(const ConstMatrixRef& a) { return {a.data(), 1, a.outerStride()}; }
Factor transposed(const ConstMatrixRef& a) { return {a.data(), a.outerStride(), 1}; }

struct Target {
  Real* data;
  Index column;
};

/// Where register h of a tile's rows begins. The last one shares rows with the one before where the rows do
/// not fill it, so that every register is written whole.
Index begin(int height, int h, Index last) { return h + 1 == height ? last : h * kLanes; }

/// The rows of the left factor that a tile takes: those of inner index q from data + q * step on. `last`: of
/// the last register there, `last_row` in the factor itself.
struct Panel {
  const Real* data;
  Index step, last, last_row;
};

/// One tile: Height registers of rows times Width columns.
template <int Height, int Width>
void tile(const Panel& panel, Index inner, const Factor& b, const Target& c, bool add) {
  using namespace Eigen::internal;
  Packet sums[Height][Width];
  for (int h = 0; h < Height; ++h)
    for (int w = 0; w < Width; ++w) sums[h][w] = pset1<Packet>(Real(0));
  const Real *rows = panel.data, *right = b.data;
  for (Index q = 0; q < inner; ++q, rows += panel.step, right += b.row) {
    Packet left[Height];
    for (int h = 0; h < Height; ++h) left[h] = ploadu<Packet>(rows + begin(Height, h, panel.last));
    for (int w = 0; w < Width; ++w) {
      const Packet factor = pset1<Packet>(right[w * b.column]);
      for (int h = 0; h < Height; ++h) sums[h][w] = pmadd(left[h], factor, sums[h][w]);
    }
  }
  for (int w = 0; w < Width; ++w) {
    Real* to = c.data + w * c.column;
    // Before any is written: two registers may share rows.
    for (int h = 0; h < Height && add; ++h)
      sums[h][w] = padd(ploadu<Packet>(to + begin(Height, h, panel.last_row)), sums[h][w]);
    for (int h = 0; h < Height; ++h) pstoreu(to + begin(Height, h, panel.last_row), sums[h][w]);
  }
}

using Tile = void (*)(const Panel&, Index, const Factor&, const Target&, bool);

template <int Height, int... Widths>
Tile tile_of(Index width, std::integer_sequence<int, Widths...> /*from 0*/) {
  static constexpr Tile all[] = {&tile<Height, Widths + 1>...};
  return all[width - 1];
}

/// All columns of one panel.
template <int Height>
void columns(const Panel& panel, Index inner, Factor b, Target c, Index count, bool add) {
  while (count > 0) {
    // Few columns leave the processor waiting for sums: the last two tiles share what is left.
    const bool shared = count > kWidest && count < kWidest + kWidest / 2;
    const Index width = std::min<Index>(kWidest, shared ? (count + 1) / 2 : count);
    tile_of<Height>(width, std::make_integer_sequence<int, kWidest>())(panel, inner, b, c, add);
    b.data += width * b.column;
    c.data += width * c.column;
    count -= width;
  }
}

/// A copy of the rows of a that a tile takes, register after register.
Panel pack(const Factor& a, Index inner, int height, Index last_row, Real* copy) {
  const Panel panel{copy, height * kLanes, (height - 1) * kLanes, last_row};
  for (Index q = 0; q < inner; ++q)
    for (int h = 0; h < height; ++h, copy += kLanes) {
      const Real* from = a.at(begin(height, h, last_row), q);
      if (a.row == 1)
        std::copy_n(from, kLanes, copy);
      else
        for (Index i = 0; i < kLanes; ++i) copy[i] = from[i * a.row];
    }
  return panel;
}

/// Registers of rows that the next tile takes when so many are left: never a single one in the end.
int next_height(Index registers) {
  if (registers == kTallest + 1) return 2;
  return static_cast<int>(std::min<Index>(kTallest, registers));
}

/// c = a b with at most kInnerBlock terms, rows x inner x cols.
void add_block(Factor a, const Factor& b, Target c, Index rows, Index inner, Index cols, bool add) {
  alignas(64) Real copy[kTallest * kLanes * kInnerBlock];
  const bool as_it_is = a.row == 1 && (cols <= kFewTiles * kWidest || inner * a.column <= kSmallFactor);
  while (rows > 0) {
    const int height = next_height((rows + kLanes - 1) / kLanes);
    const Index count = std::min<Index>(height * kLanes, rows);
    const Index last = count - kLanes;
    const Panel panel = as_it_is ? Panel{a.data, a.column, last, last} : pack(a, inner, height, last, copy);
    if (height == 3)
      columns<3>(panel, inner, b, c, cols, add);
    else if (height == 2)
      columns<2>(panel, inner, b, c, cols, add);
    else
      columns<1>(panel, inner, b, c, cols, add);
    a.data += count * a.row;
    c.data += count;
    rows -= count;
  }
}

void multiply(const Factor& a, const Factor& b, MatrixRef& c, Index inner, Sum sum) {
  const Target target{c.data(), c.outerStride()};
  if (inner == 0 && sum == Sum::replace) c.setZero();
  for (Index q = 0, piece = piece_of(inner); q < inner; q += piece)
    add_block({a.at(0, q), a.row, a.column}, {b.at(q, 0), b.row, b.column}, target, c.rows(),
              std::min(piece, inner - q), c.cols(), sum == Sum::add || q > 0);
}

}  // namespace

void tiled_product(const ConstMatrixRef& a, const ConstMatrixRef& b, MatrixRef c, Sum sum) {
  multiply(plain(a), plain(b), c, a.cols(), sum);
}

void tiled_product_transposed(const ConstMatrixRef& a, const ConstMatrixRef& b, MatrixRef c, Sum sum) {
  multiply(plain(a), transposed(b), c, a.cols(), sum);
}

void tiled_transposed_product(const ConstMatrixRef& a, const ConstMatrixRef& b, MatrixRef c, Sum sum) {
  multiply(transposed(a), plain(b), c, a.rows(), sum);
}

}  // namespace saddleflow
