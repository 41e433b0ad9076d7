// Eigen's kernels of dense products, compiled once: without this every source that multiplies two matrices
// compiles them again, which is most of what many of them cost. For the targets of this project, whose
// instruction set is that of the library, see real.hpp.
#pragma once

#include "saddleflow/base/real.hpp"

#ifndef SADDLEFLOW_KERNEL
#define SADDLEFLOW_KERNEL extern
#endif

namespace Eigen::internal {

using SaddleflowTraits = gebp_traits<saddleflow::Real, saddleflow::Real>;
using SaddleflowColumns = const_blas_data_mapper<saddleflow::Real, Index, ColMajor>;
using SaddleflowRows = const_blas_data_mapper<saddleflow::Real, Index, RowMajor>;
using SaddleflowResult = blas_data_mapper<saddleflow::Real, Index, ColMajor, Unaligned, 1>;

SADDLEFLOW_KERNEL template struct gebp_kernel<saddleflow::Real, saddleflow::Real, Index, SaddleflowResult,
                                              SaddleflowTraits::mr, SaddleflowTraits::nr, false, false>;
SADDLEFLOW_KERNEL template struct gemm_pack_lhs<saddleflow::Real, Index, SaddleflowColumns,
                                                SaddleflowTraits::mr, SaddleflowTraits::LhsProgress,
                                                SaddleflowTraits::LhsPacket4Packing, ColMajor>;
SADDLEFLOW_KERNEL template struct gemm_pack_lhs<saddleflow::Real, Index, SaddleflowRows, SaddleflowTraits::mr,
                                                SaddleflowTraits::LhsProgress,
                                                SaddleflowTraits::LhsPacket4Packing, RowMajor>;
SADDLEFLOW_KERNEL template struct gemm_pack_rhs<saddleflow::Real, Index, SaddleflowColumns,
                                                SaddleflowTraits::nr, ColMajor>;
SADDLEFLOW_KERNEL template struct gemm_pack_rhs<saddleflow::Real, Index, SaddleflowRows, SaddleflowTraits::nr,
                                                RowMajor>;
SADDLEFLOW_KERNEL template struct general_matrix_vector_product<
    Index, saddleflow::Real, SaddleflowRows, RowMajor, false, saddleflow::Real, SaddleflowColumns, false>;
SADDLEFLOW_KERNEL template struct general_matrix_vector_product<
    Index, saddleflow::Real, SaddleflowRows, RowMajor, false, saddleflow::Real, SaddleflowRows, false>;
SADDLEFLOW_KERNEL template struct general_matrix_vector_product<
    Index, saddleflow::Real, SaddleflowColumns, ColMajor, false, saddleflow::Real, SaddleflowColumns, false>;
SADDLEFLOW_KERNEL template struct general_matrix_vector_product<
    Index, saddleflow::Real, SaddleflowColumns, ColMajor, false, saddleflow::Real, SaddleflowRows, false>;
SADDLEFLOW_KERNEL template struct general_matrix_matrix_product<
    Index, saddleflow::Real, ColMajor, false, saddleflow::Real, ColMajor, false, ColMajor, 1>;
SADDLEFLOW_KERNEL template struct general_matrix_matrix_product<
    Index, saddleflow::Real, ColMajor, false, saddleflow::Real, RowMajor, false, ColMajor, 1>;
SADDLEFLOW_KERNEL template struct general_matrix_matrix_product<
    Index, saddleflow::Real, RowMajor, false, saddleflow::Real, ColMajor, false, ColMajor, 1>;
SADDLEFLOW_KERNEL template struct general_matrix_matrix_product<
    Index, saddleflow::Real, RowMajor, false, saddleflow::Real, RowMajor, false, ColMajor, 1>;

}  // namespace Eigen::internal

#undef SADDLEFLOW_KERNEL
