import CRATELM
import Testing

@Suite struct ShrinkageTests {
  @Test func isMaxOfZeroAndTheExcess() throws {
    var matrices = TestMatrices(seed: 1)
    let A = matrices.random(4, 19)
    let dZ = matrices.random(4, 19)
    let buffer = try matrices.makeBuffer()
    Shrinkage.forward(buffer[A.slot], threshold: 0.25)
    Shrinkage.backward(buffer[dZ.slot], buffer[A.slot])
    #expect(buffer[A.slot].elements == A.values.map { Swift.max(0, Float($0) - 0.25) })
    let expected = zip(A.values, dZ.values).map { $0 > 0.25 ? Float($1) : 0 }
    #expect(buffer[dZ.slot].elements == expected)

    buffer[A.slot][0][0] = .nan
    Shrinkage.forward(buffer[A.slot], threshold: 0.25)
    #expect(buffer[A.slot][0][0].isNaN)
  }

  /// Columns that are negative, zero, positive once, and no number once.
  @Test func countsColumnsThatAreNeverPositive() throws {
    var matrices = TestMatrices(seed: 1)
    let slot = matrices.zeros(3, 4)
    let buffer = try matrices.makeBuffer()
    for row in 0..<3 { buffer[slot][row][0] = -1 }
    buffer[slot][1][2] = 1
    buffer[slot][2][3] = .nan
    #expect(Shrinkage.deadColumnShare(buffer[slot]) == 0.5)
    var counted = TestMatrices(seed: 2)
    let counts = counted.zeros(1, 4)
    let sums = try counted.makeBuffer()
    for _ in 0..<2 { Shrinkage.countPositives(of: buffer[slot], into: sums[counts][0]) }
    #expect(sums[counts].elements == [0, 0, 2, 0])
  }
}
