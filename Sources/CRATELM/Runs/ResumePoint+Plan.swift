import Storage
import SystemPackage

extension ResumePoint {
  /// The point from which the run goes on by `plan`, of another length or with another decay of the
  /// learning rate: the newest checkpoint from before both plans' rates fall.
  ///
  /// Up to there both plans make the same updates. If the rate has fallen already, the newest
  /// checkpoint is set aside (``leftBehind``).
  ///
  /// - Parameter plan: the new plan; it differs from the stored one in its steps and decay alone.
  /// - Returns: the point, with the plan.
  /// - Throws: ``ConfigurationError`` if either rate is a cosine, which depends on the length
  ///   throughout, if the new rate would have had to fall already, or if there is no checkpoint from
  ///   before the decay; ``CheckpointError`` if it does not pass its checks; `FileError`.
  public func replanned(_ plan: TrainingConfiguration) throws -> ResumePoint {
    let stored = training.configuration
    let remedy = directory.offspringRemedy(offspringOptions(for: plan))
    guard let before = stored.schedule.lastStepBeforeDecay,
      let after = plan.schedule.lastStepBeforeDecay
    else {
      throw ConfigurationError(
        """
        The learning rate of the run at \(directory.path) falls over all its \
        \(stored.steps.counting("step")), so that it cannot have another length; only wsd and \
        constant rates allow that: \(remedy).
        """)
    }
    guard let checkpoint else { return ResumePoint(self, plan, from: nil, leaving: nil) }
    let done = min(checkpoint.step, before)
    guard after >= done else {
      let decay = plan.schedule.decay.steps ?? 0
      let fall =
        decay > 0
        ? " before its learning rate falls; with \(decay.counting("step")) of decay" : ", so that"
      throw ConfigurationError(
        """
        The run at \(directory.path) has done \(done.counting("step"))\(fall) it can end at step \
        \(done + decay) at the earliest, not at \(plan.steps); give more steps, or \(remedy).
        """)
    }
    if checkpoint.step <= before {
      return ResumePoint(self, plan, from: checkpoint, leaving: nil)
    }
    let earlier = try CheckpointStore(directory).all().first { $0.step <= before }
    guard let earlier else {
      throw ConfigurationError(
        """
        The run at \(directory.path) has no checkpoint from before its learning rate fell, after \
        step \(before), and cannot go on from there; \(remedy).
        """)
    }
    try earlier.verify()
    return ResumePoint(self, plan, from: earlier, leaving: checkpoint)
  }

  /// Whether the run got its plan at this point, and has no checkpoint of that plan.
  public var hasNewPlan: Bool {
    checkpoint != nil && training.earlierPlans?.last?.step == checkpoint?.step
  }

  /// The options of another run for the steps of `plan` that are not done yet, or for all of them if
  /// it ends before the newest checkpoint.
  package func offspringOptions(for plan: TrainingConfiguration) -> [String] {
    let left = plan.steps - (checkpoint?.step ?? 0)
    let steps = left > 0 ? left : plan.steps
    let decay = plan.schedule.decay.steps ?? 0
    return ["--steps", "\(steps)"] + (decay > steps ? ["--decay", "\(steps)"] : [])
  }

  private init(
    _ point: ResumePoint, _ plan: TrainingConfiguration, from checkpoint: Checkpoint?,
    leaving left: Checkpoint?
  ) {
    var training = point.training
    training.configuration = plan
    if let checkpoint {
      let stored = point.training.configuration
      training.earlierPlans =
        (training.earlierPlans ?? [])
        + [
          TrainingRecord.EarlierPlan(
            step: checkpoint.step, steps: stored.steps, decay: stored.schedule.decay)
        ]
    }
    self.init(
      directory: point.directory, record: point.record, training: training, checkpoint: checkpoint,
      rejected: point.rejected, leavesCourse: point.leavesCourse || left != nil, leftBehind: left)
  }
}

extension CheckpointStore {
  /// Gives another name to what a run leaves behind that goes on from `point`.
  func setAside(leftBy point: ResumePoint) throws {
    guard let left = point.leftBehind, let checkpoint = point.checkpoint else { return }
    try setAside(left, of: point.record.training, goingOnFrom: checkpoint)
  }

  /// Gives another name to what a run that goes on from `checkpoint` leaves behind: the log, the
  /// checkpoint `left`, those that its plan keeps for good, and a later best one that is not the
  /// same.
  ///
  /// After an error or a kill, call it again.
  package func setAside(
    _ left: Checkpoint, of record: TrainingRecord?, goingOnFrom checkpoint: Checkpoint
  ) throws {
    let log = logLeft(after: left.step)
    if try !FileSystem.exists(log) { try FileContents.copy(run.metrics, to: log) }
    let kept = try all().filter {
      $0.step > checkpoint.step && record?.configuration.keepsCheckpoint(after: $0.step) ?? false
    }
    for checkpoint in kept.filter({ $0 != left }) + [left] {
      try move(checkpoint.path, to: SetAside.decayed.name(of: checkpoint.step))
    }
    if Checkpoint.isOne(run.best) {
      let step = try Checkpoint(opening: run.best).step
      if step > checkpoint.step, step != left.step {
        try move(run.best, to: SetAside.best.name(of: step))
      }
    }
    try FileSystem.synchronizeDirectory(run.checkpoints)
    try FileSystem.synchronizeDirectory(run.path)
  }

  /// Gives the checkpoint at `path`, if there is one, a name beside it.
  ///
  /// One of that name with the same weights is there if the run was killed in the middle of this
  /// and then came to the same step again.
  private func move(_ path: FilePath, to name: String) throws {
    guard FileSystem.kind(of: path) != nil else { return }
    let target = run.checkpoints.appending(name)
    if FileSystem.kind(of: target) != nil {
      guard let there = try? Checkpoint(opening: target),
        try there.hasSameWeights(as: Checkpoint(opening: path))
      else {
        throw FileError.notEmpty(target, remedy: "it would be replaced; move it elsewhere")
      }
      return try FileSystem.remove(path)
    }
    try FileSystem.rename(path, to: target)
  }
}
