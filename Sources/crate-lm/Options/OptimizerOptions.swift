public import ArgumentParser
public import CRATELM

extension Orthogonalization: ExpressibleByArgument {}

private typealias Usual = TrainingConfiguration

/// The optimisers and the learning rates, on the command line.
struct OptimizerOptions: ParsableArguments {
  @Option(
    help: """
      The optimiser of the layers' matrices: muon, whose updates have singular values near 1, or \
      adamw. AdamW updates everything else. (default: muon)
      """)
  var optimizer: OptimizerName?

  @Option(
    number: """
      AdamW's largest learning rate, after the warm-up. (default: \(Usual.usualLearningRate), or \
      \(Usual.usualAdamWLearningRate) with --optimizer adamw)
      """)
  var learningRate: Double?

  @Option(
    number: """
      Muon's largest learning rate, after the warm-up. \
      (default: \(MuonConfiguration().learningRate))
      """)
  var matrixLearningRate: Double?

  @Option(
    help: """
      Muon's iteration: polar-express takes three steps, newton-schulz the five of its author. \
      (default: polar-express)
      """)
  var orthogonalization: Orthogonalization?

  @Option(
    number: """
      The number of steps over which the learning rates rise. (default: a twentieth of the steps, \
      at most \(Usual.usualWarmup))
      """)
  var warmup: Int?

  @Option(
    help: """
      The learning rates after the warm-up: wsd keeps them and falls in a line over the last \
      --decay; cosine falls throughout; constant keeps them. A run with wsd or constant can be made \
      longer. (default: wsd)
      """)
  var schedule: ScheduleName?

  @Option(
    help: ArgumentHelp(
      """
      The length of the fall of wsd: a share of the steps, such as 0.4 or 1.0, or a number of \
      steps. (default: \(Usual.usualDecayShare))
      """, valueName: "share|steps"))
  var decay: DecayLength?

  @Option(
    number: """
      The last learning rate as a share of the largest. (default: 0 for wsd, \
      \(Usual.cosineFinalFraction) for cosine)
      """)
  var finalRatio: Double?

  @Option(
    number: """
      The weight decay of matrices, decoupled as in AdamW. \
      (default: \(AdamWConfiguration().weightDecay))
      """)
  var weightDecay: Float?

  @Option(
    number: "β₁, the decay of AdamW's mean gradient. (default: \(AdamWConfiguration().beta1))")
  var beta1: Float?

  @Option(
    number: """
      β₂, the decay of AdamW's mean squared gradient. (default: \(Usual.usualBeta2), \
      \(Usual.usualMaskedBeta2) of a masked model; \(AdamWConfiguration().beta2) with --optimizer adamw)
      """)
  var beta2: Float?

  @Option(number: "The largest norm of the gradient; a longer one is scaled down. (default: 1)")
  var gradClip: Float?

  func validate() throws {
    try Self.require("warmup", warmup, from: 0)
    try Self.requirePositive("learning-rate", learningRate)
    try Self.requirePositive("matrix-learning-rate", matrixLearningRate)
    try Self.requirePositive("grad-clip", gradClip.map(Double.init))
    try Self.requirePositive("weight-decay", weightDecay.map(Double.init), orZero: true)
    if let finalRatio, !(0...1).contains(finalRatio) {
      throw ValidationError("--final-ratio is \(finalRatio); expected a number from 0 to 1.")
    }
  }

  /// Replaces the fields of `plan` that the options give.
  ///
  /// - Throws: `ValidationError` for an option of another optimiser or schedule.
  func override(_ plan: inout TrainingConfiguration) throws {
    try overrideMatrices(&plan)
    if let learningRate { plan.schedule.peak = learningRate }
    if let warmup { plan.schedule.warmupSteps = warmup }
    try overrideDecay(&plan)
    if let weightDecay { plan.optimizer.weightDecay = weightDecay }
    if let beta1 { plan.optimizer.beta1 = beta1 }
    if let beta2 { plan.optimizer.beta2 = beta2 }
    if let gradClip { plan.gradientClip = gradClip }
  }

  private func overrideMatrices(_ plan: inout TrainingConfiguration) throws {
    var muon = MuonConfiguration()
    if case .muon(let planned) = plan.matrices { muon = planned }
    switch optimizer {
    case .adamw where plan.matrices != .adamW:
      (plan.matrices, plan.schedule.peak) = (.adamW, Usual.usualAdamWLearningRate)
      plan.optimizer.beta2 = AdamWConfiguration().beta2
    case .muon where plan.matrices == .adamW:
      (plan.matrices, plan.schedule.peak) = (.muon(muon), Usual.usualLearningRate)
      plan.optimizer.beta2 = plan.usualBeta2
    case .adamw, .muon, nil: break
    }
    guard matrixLearningRate != nil || orthogonalization != nil else { return }
    guard plan.matrices != .adamW else {
      throw ValidationError(
        "--matrix-learning-rate and --orthogonalization are for --optimizer muon.")
    }
    if let matrixLearningRate { muon.learningRate = matrixLearningRate }
    if let orthogonalization { muon.orthogonalization = orthogonalization }
    plan.matrices = .muon(muon)
  }

  private func overrideDecay(_ plan: inout TrainingConfiguration) throws {
    if let schedule, schedule != ScheduleName(plan.schedule.decay) {
      switch schedule {
      case .cosine:
        (plan.schedule.decay, plan.schedule.finalFraction) = (.cosine, Usual.cosineFinalFraction)
      case .constant: plan.schedule.decay = .linear(steps: 0)
      case .wsd:
        plan.schedule.decay = .linear(
          steps: DecayLength.share(Usual.usualDecayShare).steps(of: plan.steps))
        plan.schedule.finalFraction = 0
      }
    }
    if let decay {
      guard schedule ?? ScheduleName(plan.schedule.decay) != .cosine, schedule != .constant else {
        throw ValidationError("--decay is for --schedule wsd.")
      }
      plan.schedule.decay = .linear(steps: decay.steps(of: plan.steps))
    }
    if let finalRatio {
      guard ScheduleName(plan.schedule.decay) != .constant else {
        throw ValidationError("--final-ratio is for --schedule wsd and cosine.")
      }
      plan.schedule.finalFraction = finalRatio
    }
  }
}

/// An optimiser of the layers' matrices.
enum OptimizerName: String, CaseIterable, ExpressibleByArgument {
  case muon, adamw

  init(_ matrices: MatrixOptimizer) {
    switch matrices {
    case .muon: self = .muon
    case .adamW: self = .adamw
    }
  }
}

/// A kind of learning rate schedule.
enum ScheduleName: String, CaseIterable, ExpressibleByArgument {
  case wsd, cosine, constant

  init(_ decay: LearningRateDecay) {
    switch decay {
    case .cosine: self = .cosine
    case .linear(steps: 0): self = .constant
    case .linear: self = .wsd
    }
  }
}

/// The length of a decay of the learning rate.
enum DecayLength: TypedValue {
  /// A share of all steps, above 0 and at most 1.
  case share(Double)
  case steps(Int)

  static let expectation = "a share of the steps such as 0.4, or a number of steps from 1"

  /// A number is a share if it is written with a point or is below 1.
  static func read(_ text: String) -> DecayLength? {
    let share = Double(text).flatMap { 0 < $0 && $0 <= 1 ? $0 : nil }
    if let share, share < 1 || text.contains(".") { return .share(share) }
    return Int.read(text).flatMap { $0 >= 1 ? .steps($0) : nil }
  }

  /// The steps of a decay at the end of `total` steps, at least one.
  func steps(of total: Int) -> Int {
    switch self {
    case .share(let share): max(1, Int((share * Double(total)).rounded()))
    case .steps(let count): count
    }
  }

  /// The steps of a decay after `done` steps, as a share of both.
  ///
  /// - Throws: `ValidationError` if the share leaves nothing for the steps that are done.
  func steps(after done: Int) throws -> Int {
    switch self {
    case .share(let share):
      guard share < 1 else {
        throw ValidationError(
          "--decay is \(share) of all steps, and \(done) are done before it; give a share below 1.")
      }
      return max(1, Int((share / (1 - share) * Double(done)).rounded()))
    case .steps(let count): return count
    }
  }
}
