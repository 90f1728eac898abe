import CRATELM
import Glibc
import Parallel
import Storage
import Testing

/// Agreement with PyTorch's Muon without its cast to bfloat16, and with the formula in double
/// precision (`Tests/Fixtures/muon/generate.py`).
@Suite struct MuonTests {
  /// A step of Newton-Schulz enlarges small singular values 3.4 times and with them the errors of
  /// single precision, up to 500-fold in five steps; ten updates leave less than 10⁻⁴ of it.
  private static let tolerance = 1e-4

  @Test(arguments: ["wide", "square", "tall", "stacked"])
  func tenUpdatesAgreeWithPyTorch(matrix: String) throws {
    let result = try update(matrix, .newtonSchulz, threads: 2)
    #expect(
      relativeError(result, try golden.floats(of: "\(matrix).torch")) < Self.tolerance)
  }

  @Test(arguments: ["wide", "square", "tall", "stacked"], Orthogonalization.allCases)
  func tenUpdatesAgreeWithTheFormula(matrix: String, kind: Orthogonalization) throws {
    let result = try update(matrix, kind, threads: 2)
    let expected = try golden.floats(of: "\(matrix).\(kind.rawValue)")
    #expect(relativeError(result, expected) < Self.tolerance)
    #expect(result == (try update(matrix, kind, threads: 1)))
    #expect(result == (try update(matrix, kind, threads: 3)))
  }

  /// The singular values of a diagonal matrix are its elements: those from 0.01 to 1 end within the
  /// documented range.
  @Test(arguments: [
    (Orthogonalization.polarExpress, 0.73...1.27), (.newtonSchulz, 0.68...1.21),
  ])
  func singularValuesEndNearOne(kind: Orthogonalization, range: ClosedRange<Double>) {
    for index in 0...1000 {
      var value = 0.01 * pow(100, Double(index) / 1000)
      for (a, b, c) in kind.steps {
        let square = value * value
        value *= Double(a) + square * (Double(b) + square * Double(c))
      }
      #expect(range.contains(value), "\(index)")
    }
  }

  /// A gradient of zeros moves nothing.
  @Test func zerosAreNoDirection() throws {
    var layout = Layout()
    let slot = layout.matrix("m", 4, 4, .ones, role: .layerMatrices(count: 1))
    let (values, gradient) = (try Buffer(layout), try Buffer(layout))
    values.fill(slot, with: [Float](repeating: 1, count: 16))
    let muon = try Muon(
      layout.tensors, MuonConfiguration(), plan(.polarExpress, decay: 0), workerCount: 1)
    muon.update(values, gradient: gradient, step, workers: Workers(threads: 1))
    #expect(values[slot].elements == [Float](repeating: 1, count: 16))
  }

  private let golden: SafeTensorsReader
  private let step = UpdateStep(number: 1, gradientScale: 0.7, learningRate: 1e-2)

  init() throws {
    golden = try SafeTensorsReader(Fixture.path("muon/muon.safetensors"))
  }

  private func plan(_ kind: Orthogonalization, decay: Float) -> OptimizerPlan {
    var (adamW, muon) = (AdamWConfiguration(), MuonConfiguration())
    (adamW.weightDecay, muon.orthogonalization) = (decay, kind)
    return OptimizerPlan(adamW: adamW, matrices: .muon(muon), peak: 1e-2)
  }

  private func update(
    _ name: String, _ kind: Orthogonalization, threads: Int
  ) throws -> [Float] {
    let shape = try #require(golden.entry(named: name)).shape
    var layout = Layout()
    let slot = layout.matrix(
      name, shape[0], shape[1], .zeros, role: .layerMatrices(count: name == "stacked" ? 3 : 1))
    let (values, gradient) = (try Buffer(layout), try Buffer(layout))
    values.fill(slot, with: try golden.floats(of: name))
    let plan = plan(kind, decay: 0.1)
    guard case .muon(let muon) = plan.matrices else { return [] }
    let optimizer = try Muon(layout.tensors, muon, plan, workerCount: threads)
    for number in 0..<10 {
      gradient.fill(slot, with: try golden.floats(of: "\(name).gradient.\(number)"))
      optimizer.update(values, gradient: gradient, step, workers: Workers(threads: threads))
    }
    return values[slot].elements
  }
}
