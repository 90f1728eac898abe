import ArgumentParser
import CRATELM
import CZstd
import Glibc
import Storage
import TextModels
import Tokenizer

/// The facts that this program finds about this machine.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the processor, the memory, the libraries and the speed of matrix products.")

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let blas = BLAS.selected
    let processor = ProcessorFeatures.current
    let rate = try GEMMBenchmark.operationsPerSecond(threads: threads.count) / 1e9
    let zstd = unsafe String(cString: ZSTD_versionString())
    try report.print(
      text: """
        crate-lm     \(Program.version)
        processor    \(processor.model), \(threads.count.counting("thread"))
        instructions \(processor.instructionSets.joined(separator: " "))
        memory       \(Quantity.bytes(Memory.physicalByteCount))
        BLAS         \(blas.build)
        BLAS kernels \(blas.kernel)\(kernelRemark(processor, blas))
        sgemm        \(Quantity.fixed(rate, 0)) GFLOP/s with \(threads.count.counting("thread"))
        ICU          \(ICUVersion.library), Unicode \(ICUVersion.unicode)
        zstd         \(zstd)

        """,
      json: [
        "version": Program.version, "processor": processor.model,
        "instruction_sets": processor.instructionSets, "blas": blas.build,
        "blas_kernel": blas.kernel, "blas_concurrent": blas.allowsConcurrentCalls,
        "sgemm_gflops": rate, "threads": threads.count, "icu": ICUVersion.library,
        "unicode": ICUVersion.unicode, "zstd": zstd, "memory_bytes": Memory.physicalByteCount,
      ])
  }

  /// A remark if the kernels in use cost speed.
  private func kernelRemark(_ processor: ProcessorFeatures, _ blas: BLAS) -> String {
    guard processor.hasAVX512, !blas.usesAVX512 else { return "" }
    return blas.isChosenByUser
      ? " (chosen by OPENBLAS_CORETYPE; unset it for the faster AVX-512 kernels)"
      : " (this build has no AVX-512 kernels)"
  }
}

/// The memory of this process and of its machine.
enum Memory {
  /// The most resident memory of this process so far, in bytes.
  static var peakByteCount: Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  /// The memory of the machine, in bytes.
  static var physicalByteCount: Int {
    sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  }
}
