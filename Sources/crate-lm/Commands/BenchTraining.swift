import ArgumentParser
import CRATELM
import Storage
import TextModels

/// The rate of the BLAS.
struct BenchGEMM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm",
    abstract: "Measure the speed of matrix products in single precision, in GFLOP/s.")

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    let one = try GEMMBenchmark.operationsPerSecond(threads: 1) / 1e9
    let all = try GEMMBenchmark.operationsPerSecond(threads: threads.count) / 1e9
    let kernel = BLAS.selected.kernel
    try report.print(
      text: """
        \(kernel) kernels, 1 thread: \(Quantity.fixed(one, 0)) GFLOP/s
        \(kernel) kernels, \(threads.count.counting("thread")): \(Quantity.fixed(all, 0)) GFLOP/s

        """,
      json: [
        "blas_kernel": kernel, "threads": threads.count, "sgemm_gflops_one_thread": one,
        "sgemm_gflops": all,
      ])
  }
}

/// The speed of training.
struct BenchTraining: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training",
    abstract: "Measure the speed of whole training steps on random tokens.",
    discussion: """
      Prints tokens per second, and the operations per second that the model's definition needs, \
      compared with plain matrix products (sgemm) in the same process.
      """)

  @OptionGroup(title: "Model") var preset: PresetOption
  @OptionGroup(title: "Model") var model: ModelOptions

  @Option(
    help: "What the model learns: causal, to predict the next token; masked, to find hidden ones.")
  var objective = Objective.causal

  @Option(number: "The number of token ids.")
  var vocabulary = 4096

  @Option(number: "The number of sequences of a step.")
  var batch = 16

  @Option(help: "The optimiser of the layers' matrices.")
  var optimizer = OptimizerName.muon

  @Option(help: "Muon's iteration.")
  var orthogonalization = Orthogonalization.polarExpress

  @Option(help: "The precision of the factors of matrix products; bf16 needs AVX512_BF16.")
  var precision = Precision.fp32

  @Option(number: "The share of units that each pass drops, at least 0 and below 1.")
  var dropout = 0.0

  @Option(number: "The number of steps to measure.")
  var steps = 10

  @Flag(
    help: """
      Print the time of each part of a step, and the speed of its operations as a share of sgemm's.
      """)
  var profile = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  private var matrices: MatrixOptimizer {
    switch optimizer {
    case .adamw: return .adamW
    case .muon:
      var muon = MuonConfiguration()
      muon.orthogonalization = orthogonalization
      return .muon(muon)
    }
  }

  func validate() throws {
    try Self.require("batch", batch, from: 1, to: 4096)
    try Self.require("steps", steps, from: 1, to: 1_000_000)
    guard (0..<1).contains(dropout) else {
      throw ValidationError(
        "--dropout is \(dropout); expected a number of at least 0 and below 1.")
    }
  }

  func run() throws {
    let shape = try model.configuration(
      preset.preset, objective: objective, vocabularySize: vocabulary)
    let result = try TrainingBenchmark(
      shape, batch: batch, steps: steps, matrices: matrices, precision: precision,
      dropout: Float(dropout), threads: threads.count, isProfiled: profile)
    let share = result.operationsPerSecond / result.gemmOperationsPerSecond
    let memory = Memory.peakByteCount
    try report.print(
      text: """
        \(Quantity.fixed(result.tokensPerSecond, 0)) tokens/s
        \(Quantity.fixed(result.operationsPerSecond / 1e9, 0)) GFLOP/s, \
        \(Quantity.fixed(100 * share, 0)) % of the sgemm rate of \
        \(Quantity.fixed(result.gemmOperationsPerSecond / 1e9, 0))
        peak memory \(Quantity.bytes(memory))

        """ + result.profileTable,
      json: [
        "tokens_per_second": result.tokensPerSecond, "gflops": result.operationsPerSecond / 1e9,
        "sgemm_gflops": result.gemmOperationsPerSecond / 1e9, "share_of_sgemm": share,
        "peak_memory_bytes": memory, "precision": precision.rawValue, "dropout": dropout,
        "threads": threads.count,
        "parameters": LanguageModel.parameterCount(shape),
      ] + (profile ? ["profile": result.profile.map(\.fields)] : [:]))
  }
}

extension TrainingBenchmark {
  /// A line for every part that took time.
  fileprivate var profileTable: String {
    let total = profile.reduce(0) { $0 + $1.seconds }
    let lines = profile.filter { $0.seconds > 0 }.map { part in
      let columns = [
        Quantity.fixed(1000 * part.seconds, 2), Quantity.fixed(100 * part.seconds / total, 1),
        part.shareOfGEMM.map { Quantity.fixed(100 * $0, 0) } ?? "",
      ]
      return part.part.rawValue.padded(to: 24)
        + columns.map { $0.aligned(to: 10) }.joined() + "\n"
    }
    let title = "part".padded(to: 24) + "   ms/step  % of time  % of sgemm\n"
    return lines.isEmpty ? "" : "\n" + title + lines.joined()
  }
}

extension TrainingBenchmark.PartTime {
  fileprivate var fields: JSONFields {
    ["part": part.rawValue, "seconds": seconds, "share_of_sgemm": shareOfGEMM]
  }
}
