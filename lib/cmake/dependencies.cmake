# Everything the library links to, found once for the whole project and again by its consumers.
include(CMakeFindDependencyMacro)
enable_language(C)  # FindHDF5 asks the C compiler
find_dependency(Eigen3 3.4 NO_MODULE)
find_dependency(Boost 1.74)
find_dependency(fmt)
find_dependency(Threads)
find_dependency(HDF5 COMPONENTS C HL)  # libhdf5-dev: serial, C API and dimension scales
find_dependency(nlohmann_json 3.11)
find_dependency(PkgConfig)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)  # libzip-dev: archives of NumPy arrays
