import ArgumentParser
import CRATELM
import CZstd
import Storage
import Tokenizer

/// What this program finds on this machine.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the processor, the BLAS kernels and their rate, and the libraries in use.")

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let blas = BLAS.selected
    let processor = ProcessorFeatures.current
    let rate = try GEMMBenchmark.operationsPerSecond(threads: threads.count) / 1e9
    guard !report.json else {
      return try JSONOutput.print(
        .members([
          ("version", .string(Program.version)), ("processor", .string(processor.model)),
          ("instruction_sets", .array(processor.instructionSets.map { .string($0) })),
          ("blas", .string(blas.build)), ("blas_kernel", .string(blas.kernel)),
          ("blas_concurrent", .bool(blas.allowsConcurrentCalls)), ("sgemm_gflops", .number(rate)),
          ("threads", .count(threads.count)), ("icu", .string("\(ICUVersion.library)")),
          ("unicode", .string("\(ICUVersion.unicode)")), ("zstd", .string(zstdVersion)),
          ("memory_bytes", .count(ProcessMemory.physicalByteCount)),
        ]))
    }
    try StandardOutput.write(
      """
      crate-lm     \(Program.version)
      processor    \(processor.model), \(threads.count) threads
      instructions \(processor.instructionSets.joined(separator: " "))
      memory       \(Quantity.bytes(ProcessMemory.physicalByteCount))
      BLAS         \(blas.build)
      BLAS kernels \(blas.kernel)\(kernelRemark(processor, blas))
      sgemm        \(Quantity.fixed(rate, 0)) GFLOP/s with \(threads.count) threads
      ICU          \(ICUVersion.library), Unicode \(ICUVersion.unicode)
      zstd         \(zstdVersion)

      """)
  }

  private var zstdVersion: String { unsafe String(cString: ZSTD_versionString()) }

  /// Says where a user's choice of kernels costs speed.
  private func kernelRemark(_ processor: ProcessorFeatures, _ blas: BLAS) -> String {
    guard processor.hasAVX512, !blas.usesAVX512 else { return "" }
    return blas.isChosenByUser
      ? " (chosen by OPENBLAS_CORETYPE; unset it for the faster AVX-512 kernels)"
      : " (this build has no AVX-512 kernels)"
  }
}
